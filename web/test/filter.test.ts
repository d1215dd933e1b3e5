import { describe, expect, it } from 'vitest';
import { SOURCE, type Video } from '../src/api/types';
import { choices, dimmed, fitsVideo, NO_FILTER, sorted } from '../src/state/filter';
import { openStretches } from '../src/state/unreviewed';
import { allFrames, evenTimes, judgement } from '../src/timeline/testing/made';

const video = (part: Partial<Video>): Video => ({
  video_id: 'a.mp4',
  duration_s: 3,
  n_frames: 45,
  width: 320,
  height: 240,
  playback: 'original',
  proxy_progress: 0,
  tracks: [],
  n_judgements: 0,
  n_pending: 0,
  threshold: 0.8,
  n_suggested: 0,
  confidence: null,
  raters: [],
  origins: [],
  ...part,
});

const track = (person: string): Video['tracks'][number] => ({
  track_id: 0,
  person,
  ignored: false,
  n_frames: 9,
  first_frame: 0,
  last_frame: 8,
  n_judgements: 0,
  n_pending: 0,
});

const a = video({ video_id: 'a', raters: ['anna'], origins: ['label'], n_pending: 3 });
const b = video({ video_id: 'b', tracks: [track('Mae')], confidence: 0.4 });
const c = video({ video_id: 'c', n_suggested: 9, confidence: 0.9, n_judgements: 2 });

describe('videos', () => {
  it('fit by who is seen, who judged, how values came about and what is open', () => {
    const fitting = (part: object) =>
      [a, b, c]
        .filter((v) => fitsVideo(v, { ...NO_FILTER, ...part }))
        .map(({ video_id }) => video_id)
        .join('');
    expect(fitting({})).toBe('abc');
    expect(fitting({ person: 'Mae' })).toBe('b');
    expect(fitting({ rater: 'anna' })).toBe('a');
    expect(fitting({ origin: 'label' })).toBe('a');
    expect(fitting({ origin: 'model' })).toBe('bc');
    expect(fitting({ certainty: 'under' })).toBe('a');
    expect(fitting({ certainty: 'over', person: 'Mae' })).toBe('b');
  });

  it('are in the order that was asked for', () => {
    const names = (by: Parameters<typeof sorted>[1]) =>
      sorted([a, b, c], by)
        .map(({ video_id }) => video_id)
        .join('');
    expect(names('name')).toBe('abc');
    expect(names('unsure')).toBe('bca');
    expect(names('open')).toBe('cab');
    expect(names('labels')).toBe('abc');
  });

  it('name each person and rater once', () => {
    const two = video({ tracks: [track('Mae'), track('')], raters: ['ben', 'anna'] });
    expect(choices([a, b, two])).toEqual({ persons: ['Mae'], raters: ['anna', 'ben'] });
  });
});

describe('frames', () => {
  const source = Uint8Array.from([0, 0, 0, 1, 6, 3, 0, 0]);
  const confidence = Float32Array.from([0.9, 0.2, 0.2, 1, 0.1, 1, 0.9, 0.2]);
  const of = {
    frames: allFrames(8),
    time: evenTimes(8, 1),
    source,
    confidence,
    threshold: 0.5,
    judgements: [judgement({ first_frame: 3 })],
    person: 'Mae',
  };
  const dim = (part: object) =>
    dimmed(of, { ...NO_FILTER, ...part }).map(({ start, end }) => [start, end]);

  it('are dimmed where they do not fit', () => {
    expect(dim({})).toEqual([]);
    expect(dim({ person: 'Mae' })).toEqual([]);
    expect(dim({ person: 'Jo' })).toEqual([[0, 7]]);
    expect(dim({ rater: 'anna' })).toEqual([
      [0, 2.5],
      [3.5, 7],
    ]);
    expect(dim({ origin: 'accept' })).toEqual([
      [0, 4.5],
      [5.5, 7],
    ]);
    expect(dim({ certainty: 'under' })).toEqual([
      [0, 0.5],
      [2.5, 6.5],
    ]);
  });

  it('are unreviewed where the model is unsure and nobody has dealt with them', () => {
    expect([...openStretches(of.frames, source, confidence, 0.5)]).toEqual([1, 7]);
    const all = new Uint8Array(8).fill(SOURCE.reviewed);
    expect([...openStretches(of.frames, all, confidence, 0.5)]).toEqual([]);
  });
});
