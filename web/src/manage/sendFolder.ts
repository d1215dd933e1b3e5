/** Sends the pictures of a folder one after another: they are one video. */

import { endFolder, OfflineError, type Sending, sendVideo } from '../api/client';
import { uuid4 } from '../lib/randomUUID';

/** Pictures that make up one video, by the name of their folder. */
export interface PictureFolder {
  name: string;
  files: readonly File[];
}

export function sendFolder(
  { name, files }: PictureFolder,
  onSent: (n_bytes: number) => void,
): Sending {
  // Made up anew at each try: what an earlier one has brought is not mixed in.
  const of_folder = uuid4().replaceAll('-', '');
  let current: Sending | null = null;
  let isAborted = false;
  const all = async () => {
    let gone = 0;
    for (const file of files) {
      if (isAborted) throw new OfflineError('Cancelled');
      current = sendVideo(file, (n_bytes) => onSent(gone + n_bytes), of_folder);
      await current.done;
      gone += file.size;
    }
    return endFolder({ name, of_folder, n_pictures: files.length });
  };
  return {
    done: all(),
    abort: () => {
      isAborted = true;
      current?.abort();
    },
  };
}
