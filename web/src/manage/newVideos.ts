/** Videos that were brought in and of which no frames were suggested yet. */

import { computed } from '@preact/signals';
import { suggestFrames } from '../api/client';
import { addedBy, onJob, putAway, shownJobs } from './jobs';
import { PER_CLIP } from './SuggestForm';
import { isComing } from './uploads';

const additions = computed(() =>
  shownJobs.value.filter(({ kind, state }) => kind === 'add' && state === 'done'),
);

/** Empty while more are coming: asked for too early, the later ones would be left out. */
export const newVideos = computed<readonly string[]>(() => {
  if (isComing.value) return [];
  return additions.value.flatMap((job) => {
    const { added, withoutFace } = addedBy(job);
    return added.filter((name) => !withoutFace.includes(name));
  });
});

/** Has frames of all of them suggested, and puts away what told of them. */
export async function suggestNew(): Promise<void> {
  const told = additions.value.map(({ job_id }) => job_id);
  const videos = [...newVideos.value];
  const made = await suggestFrames({ labels_per_clip: PER_CLIP, videos });
  for (const job_id of told) putAway(job_id);
  onJob(made);
}
