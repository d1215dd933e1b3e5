/** One typed function per endpoint of the server. */

import { decodeEstimate, decodeFaces, decodeTimes } from './decode';
import type {
  Estimate1,
  EstimateArrays,
  Event,
  Faces,
  Label,
  LabelRequest,
  Person,
  Queue,
  ReviewRequest,
  Saved,
  Session,
  Sheet,
  SheetKind,
  Suggestions,
  ThresholdCurve,
  UndoAnswer,
  Video,
} from './types';

/** The server answered with a fault; `message` is its sentence. */
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

type Query = Record<string, string | number | null | undefined>;

export function apiUrl(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== null && value !== undefined) search.set(key, String(value));
  }
  const text = search.toString();
  return `${base}${path}${text ? `?${text}` : ''}`;
}

async function fault(response: Response): Promise<ApiError> {
  let sentence = `${response.status} ${response.statusText}`;
  try {
    const body = (await response.json()) as { error?: string };
    if (body.error) sentence = body.error;
  } catch {
    // A proxy between us and the server may answer with something else than JSON.
  }
  return new ApiError(response.status, sentence);
}

/** Sends one request; throws `ApiError` or `OfflineError`. */
export async function request(
  method: string,
  path: string,
  body?: unknown,
  query: Query = {},
): Promise<Response> {
  const headers: Record<string, string> = {};
  if (method !== 'GET') headers['X-CSRF-Token'] = csrf;
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  let response: Response;
  try {
    response = await fetch(apiUrl(path, query), {
      method,
      headers,
      credentials: 'same-origin',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (error) {
    throw new OfflineError(String(error));
  }
  if (!response.ok) throw await fault(response);
  return response;
}

async function json<T>(
  method: string,
  path: string,
  body?: unknown,
  query?: Query,
): Promise<T> {
  return (await (await request(method, path, body, query)).json()) as T;
}

const get = <T>(path: string, query?: Query) => json<T>('GET', path, undefined, query);
const videoPath = (video_id: string) => `/videos/${encodeURIComponent(video_id)}`;
const trackPath = (video_id: string, track_id: number) =>
  `${videoPath(video_id)}/tracks/${track_id}`;

export async function getSession(): Promise<Session> {
  const session = await get<Session>('/session');
  csrf = session.csrf;
  return session;
}

export const getVideos = () => get<Video[]>('/videos');
export const getVideo = (video_id: string) => get<Video>(videoPath(video_id));
export const playUrl = (video_id: string) => apiUrl(`${videoPath(video_id)}/play`);
export const buildProxy = async (video_id: string): Promise<Video['playable']> => {
  const answer = await request('POST', `${videoPath(video_id)}/proxy`);
  return ((await answer.json()) as Pick<Video, 'playable'>).playable;
};

export async function getTimes(video_id: string): Promise<Float64Array> {
  const answer = await request('GET', `${videoPath(video_id)}/times`);
  return decodeTimes(await answer.arrayBuffer());
}

export async function getFaces(video_id: string, track_id: number): Promise<Faces> {
  const answer = await request('GET', `${trackPath(video_id, track_id)}/faces`);
  return decodeFaces(await answer.arrayBuffer());
}

/** Estimates of one track, or null if it has none yet. */
export async function getEstimate(
  video_id: string,
  track_id: number,
): Promise<EstimateArrays | null> {
  try {
    const answer = await request('GET', `${trackPath(video_id, track_id)}/estimate`);
    const run_id = answer.headers.get('X-Run-Id') ?? '';
    return decodeEstimate(await answer.arrayBuffer(), run_id);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

export const getLabels = (video_id: string) =>
  get<Label[]>(`${videoPath(video_id)}/labels`);
export const getEstimate1 = (video_id: string, track_id: number, frame: number) =>
  get<Estimate1>(`${videoPath(video_id)}/estimates/${track_id}/${frame}`);

export const cropUrl = (
  video_id: string,
  track_id: number,
  frame: number,
  size = 160,
) => apiUrl(`${videoPath(video_id)}/frames/${frame}/crop`, { track_id, size });
export const thumbnailUrl = (video_id: string, frame: number, width = 160) =>
  apiUrl(`${videoPath(video_id)}/frames/${frame}/thumbnail`, { width });

/** The next items; those of `video_id`, where the rater is, come sooner. */
/** The next items; those of the video at hand first among near equals, or no others. */
export const getQueue = (limit: number, video_id?: string, only = false) =>
  get<Queue>('/queue', only ? { limit, only: video_id } : { limit, video_id });

export const postLabel = (body: LabelRequest) => json<Saved>('POST', '/labels', body);
export const postLabels = (labels: LabelRequest[]) =>
  json<Saved[]>('POST', '/labels/many', { labels });
export const postReview = (body: ReviewRequest) =>
  json<Saved>('POST', '/reviews', body);
export const postUndo = (client_id: string) =>
  json<UndoAnswer>('POST', '/undo', { client_id });
export const postRedo = (client_id: string) =>
  json<UndoAnswer>('POST', '/redo', { client_id });

export const getSuggestions = () => get<Suggestions>('/suggestions');
export const postSuggestions = (wanted: {
  labels_per_clip?: number;
  share?: number;
  total?: number;
}) => json<Suggestions>('POST', '/suggestions', wanted);

export const getSheet = (query: {
  kind: SheetKind;
  video_id?: string;
  track_id?: number;
  frame?: number;
  limit?: number;
}) => get<Sheet>('/sheet', query);

export const getThreshold = () => get<ThresholdCurve>('/threshold');
export const putThreshold = (value: number, client_id: string) =>
  json<{ event_id: number; threshold: number }>('PUT', '/threshold', {
    value,
    client_id,
  });

type EventId = { event_id: number };

export const splitTrack = (
  video_id: string,
  track_id: number,
  frame: number,
  client_id: string,
) =>
  json<EventId>('POST', `${trackPath(video_id, track_id)}/split`, {
    frame,
    client_id,
  });
export const mergeTrack = (
  video_id: string,
  track_id: number,
  into: number,
  client_id: string,
) =>
  json<EventId>('POST', `${trackPath(video_id, track_id)}/merge`, {
    into,
    client_id,
  });
export const ignoreTrack = (video_id: string, track_id: number, client_id: string) =>
  json<EventId>('POST', `${trackPath(video_id, track_id)}/ignore`, { client_id });
export const restoreTrack = (video_id: string, track_id: number, client_id: string) =>
  json<EventId>('POST', `${trackPath(video_id, track_id)}/restore`, { client_id });
export const namePerson = (
  video_id: string,
  track_id: number,
  name: string,
  client_id: string,
) =>
  json<EventId>('PUT', `${trackPath(video_id, track_id)}/person`, {
    name,
    client_id,
  });

export const getPersons = () => get<Person[]>('/persons');
export const getEvents = (query: { after?: number; limit?: number } = {}) =>
  get<Event[]>('/events', query);
export const streamUrl = () => apiUrl('/stream');
export const exportUrl = (
  format: 'csv' | 'jsonl' | 'parquet',
  layer: 'final' | 'human' | 'model',
  video_id?: string,
) => apiUrl('/export', { format, layer, video_id });
