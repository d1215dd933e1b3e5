/** Short names for the values of the API, and the few that are not JSON. */

import type { components } from './schema';

type Schemas = components['schemas'];

export type Session = Schemas['SessionBody'];
export type LabelSchema = Schemas['LabelSchemaBody'];
export type Dimension = Schemas['DimensionBody'];
export type ExpressionClass = Schemas['ClassBody'];
export type Video = Schemas['ServedVideo'];
export type Track = Schemas['TrackBody'];
export type Judgement = Schemas['JudgementBody'];
export type Shown = Schemas['ShownBody'];
export type JudgementRequest = Schemas['JudgementRequest'];
export type Saved = Schemas['SavedBody'];
export type Prediction = Schemas['PredictionBody'];
export type Item = Schemas['ItemBody'];
export type Position = Schemas['PositionBody'];
export type Queue = Schemas['QueueBody'];
export type Suggestions = Schemas['SuggestionsBody'];
export type UndoAnswer = Schemas['UndoBody'];
export type Sheet = Schemas['SheetBody'];
export type SheetCell = Schemas['SheetCell'];
export type ThresholdCurve = Schemas['ThresholdBody'];
export type ThresholdPoint = Schemas['CostPoint'];
export type Person = Schemas['PersonBody'];
export type LogEvent = Schemas['EventBody'];

export type Scope = Judgement['scope'];
export type Decision = Judgement['decision'];
/** Decisions that give no value and no class. */
export type PlainDecision = Extract<Decision, 'reject' | 'skip' | 'cannot'>;
export type SheetKind = 'suggested' | 'pending' | 'similar';

/** Detections of one track; all arrays have the length of `frame`. */
export interface Faces {
  frame: Int32Array;
  /** left, top, right, bottom of each face, in pixels of the original. */
  box_xyxy: Float32Array;
  quality: Float32Array;
}

/** Where the value or the class of a frame is from, as the server numbers it. */
export const SOURCE = {
  model: 0,
  frame: 1,
  span: 2,
  accepted: 3,
  imported: 4,
  rejected: 5,
} as const;

/** Prediction of one track with judgements laid over; index i belongs to `frame[i]`. */
export interface PredictionArrays {
  model_id: string;
  /** An array per dimension of the label schema, in its units; NaN = missing. */
  value: readonly Float32Array[];
  low: readonly Float32Array[];
  high: readonly Float32Array[];
  confidence: Float32Array;
  /** Index into the classes of the label schema; 255 = none. */
  expression: Uint8Array;
  /** One of `SOURCE`, for the value. */
  value_source: Uint8Array;
  /** One of `SOURCE`, for the class. */
  expression_source: Uint8Array;
}

export type StreamMessage =
  /** null: notifications were missed, look afresh. */
  | { type: 'hello'; last_event_id: number | null }
  | { type: 'refilled'; video_id: string; track_ids: number[] }
  | { type: 'changed'; event_id: number }
  | { type: 'failed' }
  | {
      type: 'progress';
      what: string;
      video_id: string | null;
      done: number;
      of: number;
    };
