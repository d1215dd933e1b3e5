/** Made from the OpenAPI document by `npm run types`; not to be edited. */

export interface components {
  schemas: {
    AnnotationBody: {
      value: (number | null)[];
      expression: string | null;
    };
    ChangedBody: {
      event_id: number;
    };
    ClassBody: {
      name: string;
      key: string;
      colour: string;
      place: { [key: string]: number };
    };
    CostPoint: {
      threshold: number;
      frames: number;
      share: number;
      items: number;
      minutes: number;
      wrong: number;
    };
    DimensionBody: {
      name: string;
      low: number;
      high: number;
      low_pole: string;
      high_pole: string;
    };
    ErrorBody: {
      error: string;
    };
    EventBody: {
      event_id: number;
      at: string;
      rater: string;
      kind: string;
      undoes: number | null;
      undone: boolean;
      video_id: string | null;
      detail: { [key: string]: unknown };
    };
    ImportedBody: {
      run_id: string;
      rows: number;
    };
    ItemBody: {
      item_id: string;
      kind: 'queue' | 'audit' | 'suggested';
      video_id: string;
      track_id: number;
      frame: number;
      time_s: number;
      first_frame: number;
      last_frame: number;
      reason: string;
      blind: boolean;
      prediction: components['schemas']['PredictionBody'] | null;
    };
    JudgementBody: {
      event_id: number;
      at: string;
      video_id: string;
      track_id: number;
      scope: 'frame' | 'span' | 'clip';
      first_frame: number;
      last_frame: number;
      reviewed_first_frame: number;
      reviewed_last_frame: number;
      value: (number | null)[];
      expression: string | null;
      rater: string;
      decision: 'label' | 'accept' | 'edit' | 'reject' | 'skip' | 'cannot';
      shown: components['schemas']['ShownBody'] | null;
      audited: components['schemas']['ShownBody'] | null;
      touched: boolean[];
      unsure: boolean;
      purpose: 'work' | 'suggested' | 'audit' | 'repeat' | 'training' | 'honeypot';
      active_s: number | null;
      comment: string;
      origin: 'human' | 'import';
    };
    JudgementRequest: {
      client_id: string;
      video_id: string;
      track_id: number;
      scope: 'frame' | 'span' | 'clip';
      first_frame: number;
      last_frame: number;
      value: (number | null)[];
      expression: string | null;
      decision: 'label' | 'accept' | 'edit' | 'reject' | 'skip' | 'cannot';
      shown: components['schemas']['ShownRequest'] | null;
      touched: boolean[];
      unsure: boolean;
      purpose: 'work' | 'suggested' | 'audit' | 'repeat' | 'training' | 'honeypot';
      item_id: string | null;
      active_s: number | null;
      comment: string;
    };
    JudgementsRequest: {
      judgements: components['schemas']['JudgementRequest'][];
    };
    LabelSchemaBody: {
      dimensions: components['schemas']['DimensionBody'][];
      classes: components['schemas']['ClassBody'][];
    };
    MergeRequest: {
      client_id: string;
      into: number;
    };
    NameRequest: {
      client_id: string;
      name: string;
    };
    NamedTrackBody: {
      video_id: string;
      track_id: number;
    };
    PersonBody: {
      name: string;
      tracks: components['schemas']['NamedTrackBody'][];
    };
    PlayableBody: {
      playable: 'original' | 'ready' | 'building' | 'failed';
    };
    PositionBody: {
      done: number;
      total: number;
      seconds_left: number | null;
    };
    PredictionBody: {
      model_id: string;
      value: (number | null)[];
      low: (number | null)[];
      high: (number | null)[];
      confidence: number | null;
      class_probability: number[] | null;
    };
    QueueBody: {
      items: components['schemas']['ItemBody'][];
      position: components['schemas']['PositionBody'];
    };
    Request: {};
    SavedBody: {
      event_id: number;
      at: string;
    };
    ServedVideo: {
      video_id: string;
      duration_s: number | null;
      n_frames: number;
      width: number;
      height: number;
      playable: 'original' | 'ready' | 'building' | 'failed';
      proxy_progress: number;
      tracks: components['schemas']['TrackBody'][];
      n_judgements: number;
      n_pending: number | null;
    };
    SessionBody: {
      project: { [key: string]: string };
      rater: string;
      csrf: string;
      threshold: number;
      tolerance: number;
      coverage: number;
      label_schema: components['schemas']['LabelSchemaBody'];
      version: string;
    };
    SheetBody: {
      title: 'suggested' | 'cluster' | 'similar';
      clusters: components['schemas']['SheetCluster'][];
    };
    SheetCell: {
      video_id: string;
      track_id: number;
      frame: number;
      time_s: number;
      annotation: components['schemas']['AnnotationBody'] | null;
      prediction: components['schemas']['PredictionBody'] | null;
    };
    SheetCluster: {
      cells: components['schemas']['SheetCell'][];
    };
    ShownBody: {
      model_id: string;
      value: (number | null)[] | null;
      confidence: number | null;
      proposed_by_class: boolean;
    };
    ShownRequest: {
      model_id: string;
      value: (number | null)[] | null;
      confidence: number | null;
      proposed_by_class: boolean;
    };
    SplitRequest: {
      client_id: string;
      frame: number;
    };
    SuggestionsBody: {
      items: components['schemas']['ItemBody'][];
      done: number;
      total: number;
    };
    ThresholdBody: {
      threshold: number;
      points: components['schemas']['CostPoint'][];
    };
    ThresholdRequest: {
      client_id: string;
      value: number;
    };
    ThresholdSetBody: {
      event_id: number;
      threshold: number;
    };
    TrackBody: {
      track_id: number;
      person: string;
      ignored: boolean;
      n_frames: number;
      first_frame: number;
      last_frame: number;
      n_judgements: number;
      n_pending: number | null;
    };
    UndoBody: {
      event_id: number | null;
      undone: components['schemas']['UndoneBody'] | null;
    };
    UndoRequest: {
      client_id: string;
      of: string | null;
    };
    UndoneBody: {
      kind: string;
      video_id: string | null;
      track_id: number | null;
      frame: number | null;
    };
    WithClient: {
      client_id: string;
    };
  };
}
