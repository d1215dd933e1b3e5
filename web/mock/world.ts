/** A made-up project: smooth curves, two people, and answers like those of the server. */

import type {
  Estimate1,
  Item,
  Label,
  LabelRequest,
  Position,
  ReviewRequest,
  Saved,
  Track,
  Video,
} from '../src/api/types';
import { EXPRESSION_AFFECT } from '../src/lib/expressions';

export const EXPRESSIONS = Object.keys(EXPRESSION_AFFECT);
export const FPS = 25;
export const WIDTH = 1280;
export const HEIGHT = 720;

interface Clip {
  video_id: string;
  n_frames: number;
  tracks: { track_id: number; first: number; last: number; seed: number }[];
}

export interface MockEvent {
  event_id: number;
  at: string;
  rater: string;
  kind: string;
  undoes: number | null;
  client_id: string | null;
  video_id: string | null;
  detail: Record<string, unknown>;
}

const clamp = (x: number) => Math.min(1, Math.max(-1, x));
const wave = (at: number, seed: number) =>
  0.5 * Math.sin(at / 61 + seed) +
  0.3 * Math.sin(at / 23 + 2.1 * seed) +
  0.12 * Math.sin(at / 9.3 + seed * seed);

export class World {
  readonly clips: Clip[];
  readonly labels: Label[] = [];
  readonly judged = new Map<string, number>();
  readonly events: MockEvent[] = [];
  readonly persons = new Map<string, string>();
  readonly ignored = new Set<string>();
  readonly sent = new Map<string, unknown>();
  threshold = 0.75;
  run = 1;
  suggestions: Item[] = [];

  constructor(readonly options: { clips: number; frames: number; suggest: number }) {
    this.clips = Array.from({ length: options.clips }, (_, c) => ({
      video_id: `interview_${String(c + 1).padStart(2, '0')}`,
      n_frames: options.frames,
      tracks: [
        { track_id: 0, first: 0, last: options.frames - 1, seed: c + 1 },
        ...(c === 0
          ? [{ track_id: 1, first: 60, last: options.frames - 90, seed: 7.5 }]
          : []),
      ],
    }));
    for (const clip of this.clips) this.seedLabels(clip);
    this.suggestions = this.suggest(options.suggest);
  }

  private seedLabels(clip: Clip): void {
    for (const track of clip.tracks) {
      for (const part of [0.12, 0.47, 0.81]) {
        const frame = Math.round(track.first + part * (track.last - track.first));
        const one = this.value(clip.video_id, track.track_id, frame);
        this.addLabel({
          client_id: crypto.randomUUID(),
          video_id: clip.video_id,
          track_id: track.track_id,
          scope: 'frame',
          first_frame: frame,
          last_frame: frame,
          valence: one.valence,
          arousal: one.arousal,
          decision: 'label',
        });
      }
    }
  }

  private suggest(n: number): Item[] {
    return Array.from({ length: n }, (_, i) => {
      const clip = this.clips[i % this.clips.length] as Clip;
      const frame = Math.round(((i + 0.5) / n) * (clip.n_frames - 1));
      const reason = (['typical', 'far', 'between'] as const)[i % 3] ?? 'far';
      return this.item('suggested', clip.video_id, 0, frame, frame, frame, reason);
    });
  }

  clip(video_id: string): Clip | undefined {
    return this.clips.find((c) => c.video_id === video_id);
  }

  private of(video_id: string, track_id: number) {
    return this.clip(video_id)?.tracks.find((one) => one.track_id === track_id);
  }

  frames(video_id: string, track_id: number): number[] {
    const track = this.of(video_id, track_id);
    if (!track) return [];
    return Array.from(
      { length: track.last - track.first + 1 },
      (_, i) => track.first + i,
    );
  }

  labelsOf(video_id: string, track_id: number): Label[] {
    return this.labels.filter(
      (l) => l.video_id === video_id && l.track_id === track_id,
    );
  }

  /** The curve, drawn towards the labels near a frame. */
  value(video_id: string, track_id: number, frame: number) {
    const seed = this.of(video_id, track_id)?.seed ?? 0;
    let valence = wave(frame, seed);
    let arousal = 0.8 * wave(frame + 40, seed + 2.3);
    let near = 0;
    for (const label of this.labelsOf(video_id, track_id)) {
      if (label.valence === null || label.arousal === null) continue;
      const away = Math.max(label.first_frame - frame, frame - label.last_frame, 0);
      const weight = Math.exp(-((away / 30) ** 2));
      valence += weight * (label.valence - valence);
      arousal += weight * (label.arousal - arousal);
      near = Math.max(near, weight);
    }
    const doubt = 0.5 + 0.5 * Math.sin(frame / 47 + seed);
    const confidence = Math.min(0.99, 0.55 + 0.35 * near + 0.25 * (1 - doubt));
    return { valence: clamp(valence), arousal: clamp(arousal), confidence };
  }

  estimate(video_id: string, track_id: number, frame: number): Estimate1 {
    const { valence, arousal, confidence } = this.value(video_id, track_id, frame);
    const half = 0.08 + 0.6 * (1 - confidence);
    const round = (x: number) => Math.round(1e4 * clamp(x)) / 1e4;
    const scores = EXPRESSIONS.map((_, i) =>
      Math.exp(3 * Math.sin(frame / 70 + 1.7 * i + valence)),
    );
    const sum = scores.reduce((a, b) => a + b, 0);
    return {
      valence: round(valence),
      arousal: round(arousal),
      low_valence: round(valence - half),
      high_valence: round(valence + half),
      low_arousal: round(arousal - 1.2 * half),
      high_arousal: round(arousal + 1.2 * half),
      confidence: round(confidence),
      expression: scores.map((s) => round(s / sum)),
      run_id: `mock${this.run}`,
    };
  }

  origin(video_id: string, track_id: number, frame: number): number {
    for (const label of this.labelsOf(video_id, track_id)) {
      if (label.first_frame <= frame && frame <= label.last_frame) {
        if (label.scope !== 'frame') return 2;
        return label.decision === 'accept' ? 3 : 1;
      }
    }
    return this.judged.has(`${video_id}/${track_id}/${frame}`) ? 5 : 0;
  }

  private item(
    kind: Item['kind'],
    video_id: string,
    track_id: number,
    frame: number,
    first_frame: number,
    last_frame: number,
    reason: Item['reason'],
  ): Item {
    const blind = kind === 'audit';
    return {
      item_id: `${kind}-${video_id}-${track_id}-${frame}`,
      kind,
      video_id,
      track_id,
      frame,
      time_s: frame / FPS,
      first_frame,
      last_frame,
      reason,
      blind,
      estimate: kind === 'queue' ? this.estimate(video_id, track_id, frame) : null,
    };
  }

  /** Runs of frames under the threshold; those of the video at hand come sooner. */
  queue(at_hand?: string): Item[] {
    const found: { item: Item; confidence: number }[] = [];
    for (const clip of this.clips) {
      for (const track of clip.tracks) {
        for (let frame = track.first + 20; frame < track.last; frame += 36) {
          const { confidence } = this.value(clip.video_id, track.track_id, frame);
          const key = `${clip.video_id}/${track.track_id}/${frame}`;
          if (this.judged.has(key)) continue;
          const audit = frame % 5 === 2 && confidence >= this.threshold;
          if (confidence >= this.threshold && !audit) continue;
          const kind = audit ? 'audit' : 'queue';
          const first = Math.max(track.first, frame - 6);
          const last = Math.min(track.last, frame + 6);
          const reason = audit
            ? 'audit'
            : frame % 3 === 0
              ? 'high_influence'
              : 'low_confidence';
          const item = this.item(
            kind,
            clip.video_id,
            track.track_id,
            frame,
            audit ? frame : first,
            audit ? frame : last,
            reason,
          );
          const near = clip.video_id === at_hand ? 0.05 : 0;
          found.push({ item, confidence: (audit ? 0.62 : confidence) - near });
        }
      }
    }
    return found.sort((a, b) => a.confidence - b.confidence).map((f) => f.item);
  }

  position(): Position {
    const left = this.queue().length;
    const skipped = this.events.filter((e) => e.detail.decision === 'skip').length;
    const done = this.judged.size - skipped;
    return { done, total: done + left, seconds_left: 5 * left };
  }

  pending(video_id: string, track_id: number): number {
    return this.frames(video_id, track_id).filter(
      (f) =>
        this.origin(video_id, track_id, f) === 0 &&
        this.value(video_id, track_id, f).confidence < this.threshold,
    ).length;
  }

  video(clip: Clip, playable: boolean): Video {
    const tracks: Track[] = clip.tracks.map(({ track_id, first, last }) => ({
      track_id,
      person: this.persons.get(`${clip.video_id}/${track_id}`) ?? '',
      ignored: this.ignored.has(`${clip.video_id}/${track_id}`),
      n_frames: last - first + 1,
      first_frame: first,
      last_frame: last,
      n_labels: this.labelsOf(clip.video_id, track_id).length,
      n_pending: this.pending(clip.video_id, track_id),
      estimated: true,
    }));
    const sum = (of: (track: Track) => number) => tracks.reduce((a, b) => a + of(b), 0);
    return {
      video_id: clip.video_id,
      duration_s: clip.n_frames / FPS,
      n_frames: clip.n_frames,
      width: WIDTH,
      height: HEIGHT,
      playable: playable ? 'original' : 'failed',
      proxy_progress: 0,
      tracks,
      n_labels: sum((track) => track.n_labels),
      n_pending: sum((track) => track.n_pending),
    };
  }

  addEvent(kind: string, video_id: string | null, detail: Record<string, unknown>) {
    const event: MockEvent = {
      event_id: this.events.length + 1,
      at: new Date().toISOString(),
      rater: 'mika',
      kind,
      undoes: null,
      client_id: null,
      video_id,
      detail,
    };
    this.events.push(event);
    return event;
  }

  addLabel(body: LabelRequest): Saved {
    const { event_id, at } = this.addEvent('label', body.video_id, { ...body });
    this.labels.push({
      event_id,
      at,
      video_id: body.video_id,
      track_id: body.track_id,
      scope: body.scope,
      first_frame: body.first_frame,
      last_frame: body.last_frame,
      valence: body.valence ?? null,
      arousal: body.arousal ?? null,
      expression: body.expression ?? null,
      rater: 'mika',
      active_s: body.active_s ?? null,
      shown_run_id: body.shown_run_id ?? null,
      comment: body.comment ?? '',
      decision: body.decision,
      origin: 'human',
    });
    if (body.item_id && !body.item_id.startsWith('suggested')) {
      this.judged.set(
        `${body.video_id}/${body.track_id}/${body.first_frame}`,
        event_id,
      );
    }
    this.suggestions = this.suggestions.filter((i) => i.item_id !== body.item_id);
    this.run += 1;
    return this.saved(event_id, at);
  }

  addReview(body: ReviewRequest): Saved {
    const { event_id, at } = this.addEvent('review', body.video_id, { ...body });
    this.judged.set(`${body.video_id}/${body.track_id}/${body.frame}`, event_id);
    return this.saved(event_id, at);
  }

  private saved(event_id: number, at: string): Saved {
    return { event_id, at, next: this.queue()[0] ?? null, position: this.position() };
  }

  undo() {
    const undone = new Set(this.events.map((e) => e.undoes));
    const last = [...this.events]
      .reverse()
      .find((e) => !undone.has(e.event_id) && e.undoes === null);
    if (!last) return { event_id: null, undone: null };
    const at = this.labels.findIndex((l) => l.event_id === last.event_id);
    if (at >= 0) this.labels.splice(at, 1);
    for (const [key, event_id] of this.judged) {
      if (event_id === last.event_id) this.judged.delete(key);
    }
    const event = this.addEvent('undo', last.video_id, {});
    event.undoes = last.event_id;
    this.run += 1;
    const { track_id = null, first_frame = null, frame = null } = last.detail;
    const where = { track_id, frame: frame ?? first_frame };
    return {
      event_id: event.event_id,
      undone: { kind: last.kind, video_id: last.video_id, ...where },
    };
  }
}
