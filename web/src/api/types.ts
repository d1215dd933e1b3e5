/** Short names for the values of the API, and the few that are not JSON. */

import type {
  JobBody,
  JudgementBody as Judgement,
  JudgementRequest as JudgementBodySent,
  paths,
  SessionBody,
  ShownBody as Shown,
} from './schema';

export type {
  AgreementBody as Agreement,
  AnchoringBody as Anchoring,
  AuditBatchesBody as Audits,
  AuditItemBody as AuditItem,
  BatchBody as Batch,
  BatchDetailsBody as BatchDetails,
  BoundsBody as Bounds,
  ClassAgreementBody as ClassAgreement,
  ClassBody as ExpressionClass,
  CommentBody as FrameComment,
  ComparedFace,
  ComparisonRequest,
  ComparisonScoreBody as ComparisonScore,
  CostPoint as ThresholdPoint,
  CrowdBody as Crowd,
  DimensionBody as Dimension,
  DisagreementBody as Disagreement,
  DoneBody as Done,
  DueBody as Due,
  EventBody as LogEvent,
  FeedbackBody as Feedback,
  FileBody as MediaFile,
  FoldersBody as Folders,
  GuidelinesBody as Guidelines,
  IntervalBody as Interval,
  ItemBody as Item,
  JobBody as Job,
  JudgementBody as Judgement,
  KnownAnswerBody as KnownAnswer,
  LabelSchemaBody as LabelSchema,
  LabelsImportedBody as LabelsImported,
  MeBody as Me,
  MembersBody as Members,
  ModelStateBody as ModelState,
  NewTokenBody as NewToken,
  NewUserBody as NewUser,
  OverviewBody as Overview,
  PairBody as Pair,
  PersonBody as Person,
  PicturesRequest,
  PlanBody as Plan,
  PlanCountBody as PlanCount,
  PlanRequest,
  PositionBody as Position,
  PredictionBody as Prediction,
  ProfileBody as RaterProfile,
  ProfileValuesBody as ProfileValues,
  ProjectBody as ListedProject,
  PullBody as Pull,
  QueueBody as Queue,
  RaterAgreementBody as RaterAgreement,
  RaterAnswerBody as RaterAnswer,
  RaterBody as Rater,
  RaterProgressBody as RaterProgress,
  ReopeningBody as Reopening,
  RestoredBody as Restored,
  SavedBody as Saved,
  ScheduleBody as Schedule,
  ScheduleRequest,
  ServedVideo as Video,
  ServerBody as Server,
  SessionBody as Session,
  SettingsBody as Settings,
  SettingsRequest,
  SheetBody as Sheet,
  SheetCell,
  ShownBody as Shown,
  SignInSessionBody as SignInSession,
  StratumBody as Stratum,
  StretchBody as Stretch,
  SuggestionsBody as Suggestions,
  SuggestRequest,
  TableBody as Table,
  TeamMemberBody as TeamMember,
  ThresholdBody as ThresholdCurve,
  TokenBody as Token,
  TraceBody as RatedTrace,
  TraceSavedBody as TraceSaved,
  TrackBody as Track,
  UndoBody as UndoAnswer,
  UploadedBody as Uploaded,
  UserBody as User,
  ValueAgreementBody as ValueAgreement,
  ValuesBody as Values,
  WelcomeBody as Welcome,
} from './schema';

/** The page leaves no field to its default; the item's id names its assignment. */
export type JudgementRequest = Required<
  Omit<JudgementBodySent, 'shown' | 'assignment_id'>
> & {
  shown: Shown | null;
};

/** A path of the interface of a project, without what names the project. */
type OfProject = keyof paths extends infer P
  ? P extends `/p/{project}${infer Rest}`
    ? Rest
    : never
  : never;

/** What the server takes in the query of a project's path; it ignores all else. */
export type QueryOf<P extends OfProject> = paths[`/p/{project}${P}`] extends {
  get: { parameters: { query?: infer Q } };
}
  ? NonNullable<Q>
  : never;

/** What a role allows; what each request needs stands in the server's own table. */
export type Permission = SessionBody['permissions'][number];
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
  /** The model's, on a frame that a person dealt with. */
  reviewed: 6,
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
  /** A video that it is about; null = none, or a comment. */
  | { type: 'changed'; event_id: number; video_id?: string | null }
  | { type: 'failed' }
  | ({ type: 'job' } & JobBody)
  | { type: 'settings' }
  | {
      type: 'progress';
      what: string;
      video_id: string | null;
      done: number;
      of: number;
    };
