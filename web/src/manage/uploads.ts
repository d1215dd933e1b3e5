/** Files on their way into the project: sent one after another, then added by jobs. */

import { batch, computed, effect, signal } from '@preact/signals';
import {
  ApiError,
  addVideos,
  OfflineError,
  type Sending,
  sendVideo,
} from '../api/client';
import { sentenceOf } from '../i18n/faults';
import { store, stored } from '../lib/storage';
import { ownerKey } from '../state/session';
import { isOver, jobs, onJob } from './jobs';
import { followLost, foundAgain } from './lostUploads';
import { type PictureFolder, sendFolder } from './sendFolder';

/** As the server reads them (`feltline/video/kinds.py`; a test compares). */
export const VIDEO_ENDINGS =
  '.3g2 .3gp .asf .avi .divx .dv .f4v .flv .gif .insv .m1v .m2t .m2ts .m2v .m4v .mjpeg .mjpg .mkv .mod .mov .mp4 .mpe .mpeg .mpg .mts .mxf .ogm .ogv .qt .rm .rmvb .tod .ts .vob .webm .wmv .wtv .y4m'.split(
    ' ',
  );
export const PICTURE_ENDINGS = '.bmp .jfif .jpe .jpeg .jpg .png .tif .tiff .webp'.split(
  ' ',
);

const RETRY_MS = 5000;
const MOST_TRIES = 5;

export interface Upload {
  id: number;
  name: string;
  /** In bytes. */
  size: number;
  /** One, or the pictures of a folder. */
  files: readonly File[];
  isFolder: boolean;
  /** `broken`: is tried again; `refused`: is not, as the server said why. */
  state: 'waiting' | 'sending' | 'broken' | 'refused';
  /** Bytes that have gone. */
  sent: number;
  tries: number;
  /** Why it was refused, a sentence of the server; empty where it is no video. */
  why: string;
}

/** Those that are not there yet; what is there is told by the jobs. */
export const uploads = signal<readonly Upload[]>([]);
/** Why uploaded files could not be added. */
export const addFault = signal<string | null>(null);
/** Files that have arrived and wait to be added, by the names they got. */
const arrived = signal<readonly string[]>([]);

let last = 0;
let sending: (Sending & { id: number }) | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;

export const endingOf = (name: string) => {
  const at = name.lastIndexOf('.');
  return at > 0 ? name.slice(at).toLowerCase() : '';
};
export const isVideo = (name: string) => VIDEO_ENDINGS.includes(endingOf(name));
export const isPicture = (name: string) => PICTURE_ENDINGS.includes(endingOf(name));

/** Bytes sent and in all, of what is waiting or under way. */
export const uploadProgress = computed(() => {
  const open = uploads.value.filter((one) => one.state !== 'refused');
  return {
    n: open.length,
    sent: open.reduce((sum, one) => sum + one.sent, 0),
    of: open.reduce((sum, one) => sum + one.size, 0),
  };
});

/** Names of what would be lost with the page. */
const underWay = computed(() =>
  uploads.value.filter(({ state }) => state !== 'refused').map(({ name }) => name),
);

const change = (id: number, to: Partial<Upload>) => {
  uploads.value = uploads.value.map((one) => (one.id === id ? { ...one, ...to } : one));
};
const drop = (id: number) => {
  uploads.value = uploads.value.filter((one) => one.id !== id);
};

/**
 * Sends files, and folders of pictures as one video each; files that are no videos by
 * their names are listed as refused.
 */
export function addFiles(
  files: Iterable<File>,
  folders: readonly PictureFolder[] = [],
): void {
  const fresh = [
    ...[...files].map((file) => upload(file.name, [file], false)),
    ...folders.map(({ name, files }) => upload(name, files, true)),
  ];
  batch(() => {
    uploads.value = [...uploads.value, ...fresh];
    foundAgain(fresh.map(({ name }) => name));
  });
  void go();
}

function upload(name: string, files: readonly File[], isFolder: boolean): Upload {
  last += 1;
  const fits = isFolder || isVideo(name) || isPicture(name);
  return {
    id: last,
    name,
    size: files.reduce((sum, file) => sum + file.size, 0),
    files,
    isFolder,
    state: fits ? 'waiting' : 'refused',
    sent: 0,
    tries: 0,
    why: '',
  };
}

/** Takes an upload off the list, whether it waits, is under way or was refused. */
export function removeUpload(id: number): void {
  drop(id);
  if (sending?.id === id) sending.abort();
}

export function retryUpload(id: number): void {
  change(id, { state: 'waiting', sent: 0, tries: 0 });
  void go();
}

/** The server is back: what broke off is sent again, and what arrived is added. */
export function retryBroken(): void {
  for (const one of uploads.value) if (one.state === 'broken') retryUpload(one.id);
  void addArrived();
}

async function go(): Promise<void> {
  if (sending) return;
  const next = uploads.value.find((one) => one.state === 'waiting');
  if (!next) return;
  const { id, tries } = next;
  change(id, { state: 'sending', sent: 0, tries: tries + 1 });
  const mine = { id, ...sent(next) };
  sending = mine;
  try {
    const { name } = await mine.done;
    batch(() => {
      drop(id);
      keepArrived([...arrived.value, name]);
    });
  } catch (error) {
    failed(id, error);
  }
  sending = null;
  void go();
}

function sent(one: Upload): Sending {
  const onSent = (sent: number) => change(one.id, { sent });
  const [file] = one.files;
  return one.isFolder || !file ? sendFolder(one, onSent) : sendVideo(file, onSent);
}

function failed(id: number, error: unknown): void {
  // Signed out: the same may be taken later.
  const isBreak =
    error instanceof OfflineError ||
    (error instanceof ApiError && error.status === 401);
  if (!isBreak) {
    change(id, { state: 'refused', why: sentenceOf(error) });
    return;
  }
  change(id, { state: 'broken', sent: 0 });
  const one = uploads.value.find((upload) => upload.id === id);
  if (!one || one.tries >= MOST_TRIES) return;
  clearTimeout(timer);
  timer = setTimeout(() => {
    uploads.value = uploads.value.map((upload) =>
      upload.state === 'broken' && upload.tries < MOST_TRIES
        ? { ...upload, state: 'waiting' }
        : upload,
    );
    void go();
  }, RETRY_MS);
}

// ---- adding what has arrived

/** Of this project only: a reload between the upload and the job loses no file. */
const storageKey = () => `feltline.uploads/${encodeURIComponent(ownerKey())}`;

function keepArrived(names: readonly string[]): void {
  arrived.value = names;
  if (names.length > 0) store(localStorage, storageKey(), JSON.stringify(names));
  else localStorage.removeItem(storageKey());
}

const isAdding = computed(() =>
  jobs.value.some((job) => job.kind === 'add' && !isOver(job)),
);
let isAsking = false;

/** Whether more videos are on their way into the project. */
export const isComing = computed(
  () =>
    isAdding.value ||
    arrived.value.length > 0 ||
    uploads.value.some(({ state }) => state === 'waiting' || state === 'sending'),
);

/** Adds what has arrived, as one job: each job begins with what takes a moment. */
async function addArrived(): Promise<void> {
  const names = arrived.value;
  if (isAsking || isAdding.value || names.length === 0) return;
  isAsking = true;
  const rest = () => arrived.value.filter((name) => !names.includes(name));
  try {
    const job = await addVideos({ uploads: [...names] });
    isAsking = false;
    addFault.value = null;
    batch(() => {
      onJob(job);
      keepArrived(rest());
    });
  } catch (error) {
    isAsking = false;
    // Else the server is away, or somebody is to sign in: then they are added later.
    if (error instanceof ApiError && error.status !== 401) {
      addFault.value = error.message;
      keepArrived(rest());
    }
  }
}

/** Adds what arrives as soon as no other video is being added. */
export function followUploads(): () => void {
  arrived.value = stored<string[]>(localStorage, storageKey()) ?? [];
  const forgetLost = followLost(() => underWay.value);
  const stop = effect(() => {
    if (arrived.value.length > 0 && !isAdding.value) void addArrived();
  });
  return () => {
    forgetLost();
    stop();
  };
}
