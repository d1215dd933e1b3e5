/** One typed function per endpoint of the server. */

import { language, t } from '../i18n';
import {
  DecodeError,
  decodeFaces,
  decodeFrames,
  decodePrediction,
  decodeTimes,
} from './decode';
import type {
  Agreement,
  Crowd,
  Disagreement,
  Done,
  Faces,
  Folders,
  FrameComment,
  Guidelines,
  Job,
  Judgement,
  ListedProject,
  LogEvent,
  ModelState,
  Overview,
  Person,
  PicturesRequest,
  Prediction,
  PredictionArrays,
  QueryOf,
  Queue,
  RatedTrace,
  Rater,
  RaterProfile,
  Server,
  Session,
  Settings,
  SettingsRequest,
  Sheet,
  Suggestions,
  SuggestRequest,
  TeamMember,
  ThresholdCurve,
  Uploaded,
  Video,
} from './types';

/** The server answered with a fault; `message` is its sentence, in our language. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** The server could not be reached. */
export class OfflineError extends Error {}

const base = new URL('./api', document.baseURI).pathname;
let csrf = '';

type Query = Record<string, string | number | readonly string[] | null | undefined>;

export function apiUrl(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (Array.isArray(value)) for (const one of value) search.append(key, one);
    else if (value !== null && value !== undefined) search.set(key, String(value));
  }
  const text = search.toString();
  return `${base}${path}${text ? `?${text}` : ''}`;
}

async function fault(response: Response): Promise<ApiError> {
  let sentence = t('fault.status', { status: response.status });
  try {
    const body = (await response.json()) as { error?: string };
    if (body.error) sentence = body.error;
  } catch {
    // A proxy between us and the server may answer with something else than JSON.
  }
  return new ApiError(response.status, sentence);
}

/**
 * Sends one request; throws `ApiError` or `OfflineError`.
 *
 * A browser asks a server for six things at a time: what nobody waits for has to come
 * after faces and judgements, with a `priority` that is low.
 */
export async function request(
  method: string,
  path: string,
  body?: unknown,
  query: Query = {},
  priority: RequestPriority = 'auto',
): Promise<Response> {
  const headers: Record<string, string> = { 'Accept-Language': language.peek() };
  if (method !== 'GET') headers['X-CSRF-Token'] = csrf;
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  let response: Response;
  try {
    response = await fetch(apiUrl(path, query), {
      method,
      headers,
      credentials: 'same-origin',
      priority,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (error) {
    throw new OfflineError(String(error));
  }
  if (!response.ok) throw await fault(response);
  return response;
}

/** Ends the session; the next page is the one to sign in. */
export async function signOut(): Promise<void> {
  const headers = { 'X-CSRF-Token': csrf, 'Accept-Language': language.peek() };
  let response: Response;
  try {
    response = await fetch('/sign-out', { method: 'POST', headers });
  } catch (error) {
    throw new OfflineError(String(error));
  }
  if (!response.ok) throw await fault(response);
}

/** What an answer holds; one that breaks off is as good as none. */
export async function jsonOf<T>(answer: Response): Promise<T> {
  try {
    return (await answer.json()) as T;
  } catch (error) {
    throw new OfflineError(`The answer broke off: ${error}`);
  }
}

async function bytesOf(answer: Response): Promise<ArrayBuffer> {
  try {
    return await answer.arrayBuffer();
  } catch (error) {
    throw new OfflineError(`The answer broke off: ${error}`);
  }
}

const get = async <T>(path: string, query?: Query) =>
  jsonOf<T>(await request('GET', path, undefined, query));
const requestLater = (path: string) => request('GET', path, undefined, {}, 'low');
const getLater = async <T>(path: string) => jsonOf<T>(await requestLater(path));
const videoPath = (video_id: string) => `/videos/${encodeURIComponent(video_id)}`;
const trackPath = (video_id: string, track_id: number) =>
  `${videoPath(video_id)}/tracks/${track_id}`;

export async function getSession(): Promise<Session> {
  const session = await get<Session>('/session');
  csrf = session.csrf;
  return session;
}

export const getVideos = () => getLater<Video[]>('/videos');
export const playUrl = (video_id: string) => apiUrl(`${videoPath(video_id)}/play`);
export const buildProxy = async (video_id: string): Promise<Video['playback']> => {
  const answer = await request('POST', `${videoPath(video_id)}/proxy`);
  return (await jsonOf<Pick<Video, 'playback'>>(answer)).playback;
};

export async function getTimes(video_id: string): Promise<Float64Array> {
  const answer = await requestLater(`${videoPath(video_id)}/times`);
  return decodeTimes(await bytesOf(answer));
}

/** Frames that were searched for faces; all of them unless frames were sampled. */
export async function getLookedAt(video_id: string): Promise<Int32Array> {
  const answer = await requestLater(`${videoPath(video_id)}/looked_at`);
  return decodeFrames(await bytesOf(answer));
}

export async function getFaces(video_id: string, track_id: number): Promise<Faces> {
  const answer = await requestLater(`${trackPath(video_id, track_id)}/faces`);
  return decodeFaces(await bytesOf(answer));
}

/** Predictions of one track, or null if it has none yet. */
export async function getPredictions(
  video_id: string,
  track_id: number,
): Promise<PredictionArrays | null> {
  try {
    const answer = await requestLater(`${trackPath(video_id, track_id)}/prediction`);
    const model_id = answer.headers.get('X-Model-Id');
    if (!model_id)
      throw new DecodeError('A prediction must name its model (X-Model-Id)');
    return decodePrediction(await bytesOf(answer), model_id);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

export const getJudgements = (video_id: string) =>
  getLater<Judgement[]>(`${videoPath(video_id)}/judgements`);
export const getPrediction = (video_id: string, track_id: number, frame: number) =>
  get<Prediction>(`${videoPath(video_id)}/predictions/${track_id}/${frame}`);

export const cropUrl = (
  video_id: string,
  track_id: number,
  frame: number,
  size = 160,
) => apiUrl(`${videoPath(video_id)}/frames/${frame}/crop`, { track_id, size });
export const thumbnailUrl = (video_id: string, frame: number, width = 160) =>
  apiUrl(`${videoPath(video_id)}/frames/${frame}/thumbnail`, { width });

/** The next items: those of a video first among near equals, or of one and no other. */
export const getQueue = (query: QueryOf<'/api/queue'>) => get<Queue>('/queue', query);
/** What was done, with all videos or one of them. */
export const getDone = (only: string | null) => get<Done>('/done', { only });
export const getSuggestions = () => get<Suggestions>('/suggestions');
export const getSheet = (query: QueryOf<'/api/sheet'>) => get<Sheet>('/sheet', query);
export const getThreshold = () => get<ThresholdCurve>('/threshold');
/** Frames with more faces than were followed; null where there are none. */
export const getCrowd = (video_id: string) =>
  getLater<Crowd | null>(`${videoPath(video_id)}/crowd`);
export const getGuidelines = () => get<Guidelines>('/guidelines');
/** Puts a text in the place of the one of that revision. */
export const putGuidelines = async (body: Guidelines): Promise<Guidelines> =>
  jsonOf<Guidelines>(await request('PUT', '/guidelines', body));
export const getPersons = () => get<Person[]>('/persons');
/** Where raters said unlike things, the widest first; for who leads. */
export const getDisagreements = () => get<Disagreement[]>('/disagreements');
export const getAgreement = (query: QueryOf<'/api/agreement'>) =>
  get<Agreement>('/agreement', query);
export const getRaterProfile = (rater_id: string) =>
  get<RaterProfile>(`/raters/${encodeURIComponent(rater_id)}/profile`);
/** Who labels, or did, by name; who does not lead is told of oneself only. */
export const getRaters = () => get<Rater[]>('/raters');
export const getTeam = () => getLater<TeamMember[]>('/team');
export const getComments = () => getLater<FrameComment[]>('/comments');
/** Live ratings of a video that the rater may see. */
export const getTraces = (video_id: string) =>
  getLater<RatedTrace[]>(`${videoPath(video_id)}/traces`);
/** The log: what came after an event, or what came before one, else the newest. */
export const getEvents = (query: QueryOf<'/api/events'>) =>
  get<LogEvent[]>('/events', query);
/** Sends a file as it is; each pair is one parameter, and a name may come again. */
export async function sendFile<T>(
  path: string,
  file: Blob,
  pairs: readonly (readonly [string, string])[],
): Promise<T> {
  const search = new URLSearchParams(pairs.map(([name, value]) => [name, value]));
  let response: Response;
  try {
    response = await fetch(`${apiUrl(path)}?${search}`, {
      method: 'POST',
      headers: {
        'Accept-Language': language.peek(),
        'X-CSRF-Token': csrf,
        'Content-Type': 'application/octet-stream',
      },
      credentials: 'same-origin',
      body: file,
    });
  } catch (error) {
    throw new OfflineError(String(error));
  }
  if (!response.ok) throw await fault(response);
  return jsonOf<T>(response);
}

// Around the judging: videos in and out, suggestions, settings.

export const getJobs = () => getLater<Job[]>('/jobs');
const job = async (method: string, path: string, body?: unknown) =>
  jsonOf<Job>(await request(method, path, body));
export const cancelJob = (job_id: string) =>
  job('DELETE', `/jobs/${encodeURIComponent(job_id)}`);
/** Does again what failed of a job. */
export const repeatJob = (job_id: string) =>
  job('POST', `/jobs/${encodeURIComponent(job_id)}/again`);
/** Uploaded files by the names they got, others by their paths. */
export const addVideos = (asked: { uploads?: string[]; paths?: string[] }) =>
  job('POST', '/jobs/add', asked);
export const suggestFrames = (asked: Partial<SuggestRequest>) =>
  job('POST', '/jobs/suggest', asked);
/** Without a video, all whose file is missing are looked for. */
export const relocateVideo = (path: string, video_id: string | null) =>
  job('POST', '/jobs/relocate', { path, video_id });
export const purgeVideo = (video_id: string) => job('DELETE', videoPath(video_id));
export const getSettings = () => get<Settings>('/settings');
export const changeSettings = async (changed: Partial<SettingsRequest>) =>
  jsonOf<Settings>(await request('PATCH', '/settings', changed));

export interface Sending {
  done: Promise<Uploaded>;
  abort: () => void;
}

/**
 * Sends a video, or a picture of a folder that is one; unlike `fetch`, this tells how
 * much of it has gone.
 */
export function sendVideo(
  file: File,
  onSent: (n_bytes: number) => void,
  of_folder: string | null = null,
): Sending {
  const sending = new XMLHttpRequest();
  const done = new Promise<Uploaded>((resolve, reject) => {
    sending.upload.onprogress = (event) => onSent(event.loaded);
    sending.onload = () => {
      const { status, statusText, responseText } = sending;
      let body: Partial<Uploaded> & { error?: string } = {};
      try {
        body = JSON.parse(responseText);
      } catch {
        // A proxy between us and the server may answer with something else than JSON.
      }
      if (status < 300 && body.name !== undefined) resolve(body as Uploaded);
      else reject(new ApiError(status, body.error ?? `${status} ${statusText}`));
    };
    sending.onerror = () => reject(new OfflineError('The connection broke off'));
    sending.onabort = () => reject(new OfflineError('Cancelled'));
  });
  sending.open('POST', apiUrl('/uploads', { name: file.name, of_folder }));
  sending.setRequestHeader('X-CSRF-Token', csrf);
  sending.setRequestHeader('Content-Type', 'application/octet-stream');
  sending.send(file);
  return { done, abort: () => sending.abort() };
}

/** All pictures of a folder have arrived: they are one video. */
export const endFolder = async (asked: PicturesRequest): Promise<Uploaded> =>
  jsonOf<Uploaded>(await request('POST', '/uploads/folder', asked));

export const getModel = () => getLater<ModelState>('/model');
export const learnAnew = async () =>
  jsonOf<ModelState>(await request('POST', '/model/learn'));
export const getOverview = () => get<Overview>('/overview');
export const backupUrl = () => apiUrl('/backup');
/** An event source sends no headers of ours, so its address names the language. */
export const streamUrl = () => apiUrl('/stream', { language: language.value });
/** @param despite_audit whether an overdue audit is passed over; the log says by whom */
export const exportUrl = (
  format: 'csv' | 'jsonl' | 'parquet',
  layer: 'final' | 'human' | 'model',
  video_id?: string,
  despite_audit = false,
) =>
  apiUrl('/export', {
    format,
    layer,
    video_id,
    despite_audit: despite_audit ? 'true' : null,
  });

// The server's own, as the start page asks for it.

export async function getServer(): Promise<Server> {
  const server = await get<Server>('/session');
  csrf = server.csrf;
  return server;
}
export const getProjects = () => get<ListedProject[]>('/projects');
export const makeProject = async (asked: { name: string; rater?: string }) =>
  jsonOf<ListedProject>(await request('POST', '/projects', asked));
export const openFolder = async (folder: string) =>
  jsonOf<ListedProject>(await request('POST', '/projects/open', { folder }));
export const forgetProject = (key: string) =>
  request('DELETE', `/projects/${encodeURIComponent(key)}`);
/** Folders below one that may be opened; of none, those that were named at the start. */
export const getFolders = (path: string | null) => get<Folders>('/folders', { path });
/** The same, asked from the page of a project: folders are the server's own. */
export async function getMedia(path: string | null): Promise<Folders> {
  const address = new URL('../../api/folders', document.baseURI);
  if (path !== null) address.searchParams.set('path', path);
  let response: Response;
  try {
    response = await fetch(address, { credentials: 'same-origin' });
  } catch (error) {
    throw new OfflineError(String(error));
  }
  if (!response.ok) throw await fault(response);
  return jsonOf<Folders>(response);
}
