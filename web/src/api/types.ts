/** Values of the server's API; field names are the same in code, database and files. */

export type Dimension = 'valence' | 'arousal';
export type Scope = 'frame' | 'span' | 'clip';
export type Decision = 'label' | 'accept' | 'edit';
export type ReviewDecision = 'reject' | 'skip' | 'unsure';
export type ItemKind = 'queue' | 'audit' | 'suggested';
export type ReasonCode =
  | 'low_confidence'
  | 'high_influence'
  | 'likely_wrong'
  | 'typical'
  | 'far'
  | 'between'
  | 'audit'
  | 'evenly'
  | 'random'
  | 'first'
  | 'unlike'
  | 'contradiction';

export interface Session {
  project: { project_id: string; name: string };
  rater: string;
  csrf: string;
  threshold: number;
  tolerance: number;
  coverage: number;
  /** Names in the one order of the project: keys 1 to 8. */
  expressions: string[];
  version: string;
}

export interface Track {
  track_id: number;
  person: string;
  ignored: boolean;
  n_frames: number;
  first_frame: number;
  last_frame: number;
  n_labels: number;
  n_pending: number;
  estimated: boolean;
}

export interface Video {
  video_id: string;
  duration_s: number | null;
  n_frames: number;
  width: number;
  height: number;
  playable: 'original' | 'ready' | 'building' | 'failed';
  /** 0 to 1. */
  proxy_progress: number;
  tracks: Track[];
  n_labels: number;
  n_pending: number;
}

export interface Label {
  event_id: number;
  at: string;
  video_id: string;
  track_id: number;
  scope: Scope;
  first_frame: number;
  last_frame: number;
  valence: number | null;
  arousal: number | null;
  expression: string | null;
  rater: string;
  active_s: number | null;
  shown_run_id: string | null;
  comment: string;
  decision: Decision;
  origin: 'human' | 'import';
}

/** The estimate of one frame. */
export interface Estimate1 {
  valence: number | null;
  arousal: number | null;
  low_valence: number | null;
  high_valence: number | null;
  low_arousal: number | null;
  high_arousal: number | null;
  confidence: number | null;
  /** Probability of each of the eight expressions. */
  expression: number[] | null;
  run_id: string;
}

export interface Item {
  /** Unique within its video. */
  item_id: string;
  kind: ItemKind;
  video_id: string;
  track_id: number;
  frame: number;
  time_s: number;
  first_frame: number;
  last_frame: number;
  reason: ReasonCode;
  /** The model's value stays hidden until the rater has given one. */
  blind: boolean;
  estimate: Estimate1 | null;
}

export interface Position {
  done: number;
  total: number;
  seconds_left: number | null;
}

export interface Saved {
  event_id: number;
  at: string;
  next: Item | null;
  position: Position;
}

export interface Queue {
  items: Item[];
  position: Position;
}

export interface Suggestions {
  items: Item[];
  done: number;
  total: number;
}

/** Faces of one track; all arrays have the length of `frame`. */
export interface Faces {
  frame: Int32Array;
  /** left, top, right, bottom of each face, in pixels of the original. */
  box_xyxy: Float32Array;
  quality: Float32Array;
}

export const ORIGIN = {
  model: 0,
  frameLabel: 1,
  spanLabel: 2,
  accepted: 3,
  imported: 4,
  refused: 5,
} as const;

/** Estimates of one track; index i belongs to `Faces.frame[i]`; NaN = missing. */
export interface EstimateArrays {
  run_id: string;
  valence: Float32Array;
  arousal: Float32Array;
  low_valence: Float32Array;
  high_valence: Float32Array;
  low_arousal: Float32Array;
  high_arousal: Float32Array;
  confidence: Float32Array;
  /** Index into `Session.expressions`; 255 = none. */
  expression: Uint8Array;
  /** One of `ORIGIN`. */
  origin: Uint8Array;
}

export interface LabelRequest {
  client_id: string;
  video_id: string;
  track_id: number;
  scope: Scope;
  first_frame: number;
  last_frame: number;
  valence?: number | null;
  arousal?: number | null;
  expression?: string | null;
  active_s?: number | null;
  shown_run_id?: string | null;
  comment?: string;
  decision: Decision;
  item_id?: string;
}

export interface ReviewRequest {
  client_id: string;
  video_id: string;
  track_id: number;
  frame: number;
  first_frame: number;
  last_frame: number;
  decision: ReviewDecision;
  run_id?: string | null;
  active_s?: number | null;
  comment?: string;
  item_id?: string;
}

export interface UndoAnswer {
  event_id: number | null;
  undone: {
    kind: string;
    video_id: string | null;
    track_id: number | null;
    frame: number | null;
  } | null;
}

export interface SheetCell {
  video_id: string;
  track_id: number;
  frame: number;
  time_s: number;
  label: {
    valence: number | null;
    arousal: number | null;
    expression: string | null;
  } | null;
  estimate: Estimate1 | null;
}

export type SheetKind = 'suggested' | 'pending' | 'similar';

export interface Sheet {
  title: ReasonCode | 'similar' | 'cluster';
  clusters: { cells: SheetCell[] }[];
}

export interface ThresholdPoint {
  threshold: number;
  frames: number;
  share: number;
  items: number;
  minutes: number;
  /** Expected share of accepted labels off by more than the tolerance. */
  wrong: number;
}

export interface ThresholdCurve {
  threshold: number;
  points: ThresholdPoint[];
}

export interface Person {
  name: string;
  tracks: { video_id: string; track_id: number }[];
}

export interface Event {
  event_id: number;
  at: string;
  rater: string;
  kind: string;
  undoes: number | null;
  client_id: string | null;
  video_id: string | null;
  detail: Record<string, unknown>;
}

export type StreamMessage =
  /** null: news were missed, look afresh. */
  | { type: 'hello'; last_event_id: number | null }
  | { type: 'refilled'; video_id: string; track_ids: number[]; run_id: string }
  | { type: 'changed'; event_id: number; kind?: string; video_id: string | null }
  /** The model could not be brought up to date. */
  | { type: 'failed' }
  | {
      type: 'progress';
      what: string;
      video_id: string | null;
      done: number;
      of: number;
    };
