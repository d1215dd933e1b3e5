/** Comparing two faces: which answer a key gives, and what was answered. */

import type { ComparedFace, Pair } from '../api/types';
import type { Answer } from './requests';

/** The answers, in the order of their buttons, and the key of each. */
export const ANSWERS: readonly { answer: Answer; chord: string }[] = [
  { answer: 'first', chord: 'ArrowLeft' },
  { answer: 'same', chord: 'ArrowDown' },
  { answer: 'second', chord: 'ArrowRight' },
  { answer: 'cannot', chord: 'x' },
];

const BY_CHORD: ReadonlyMap<string, Answer> = new Map(
  ANSWERS.map(({ answer, chord }) => [chord, answer]),
);

/** What a chord asks for while two faces are compared. */
export function asked(chord: string): Answer | 'undo' | 'redo' | null {
  if (chord === 'Ctrl+z') return 'undo';
  if (chord === 'Ctrl+Shift+z' || chord === 'Ctrl+y') return 'redo';
  return BY_CHORD.get(chord) ?? null;
}

export interface Answered {
  pair: Pair;
  answer: Answer;
  client_id: string;
}

/** What has been compared since the mode was opened, and what comes. */
export interface Course {
  coming: readonly Pair[];
  done: readonly Answered[];
  /** Taken back, the latest last: an answer that may be given again. */
  undone: readonly Answered[];
}

export const NOTHING: Course = { coming: [], done: [], undone: [] };

const faceKey = ({ video_id, track_id, frame }: ComparedFace) => [
  video_id,
  track_id,
  frame,
];
export const pairKey = ({ dimension, first, second }: Pair) =>
  JSON.stringify([dimension, faceKey(first), faceKey(second)]);

/** Whether a pair is here already, asked for or answered. */
const knows = (course: Course, of: Pair) =>
  [...course.coming, ...course.done.map((one) => one.pair)].some(
    (one) => pairKey(one) === pairKey(of),
  );

/** With one more pair to come; the same where it is here already. */
export function withPair(course: Course, pair: Pair): Course {
  return knows(course, pair) ? course : { ...course, coming: [...course.coming, pair] };
}

/** After an answer to the first pair. */
export function answered(course: Course, answer: Answer, client_id: string): Course {
  const [pair, ...coming] = course.coming;
  if (!pair) return course;
  return { coming, done: [...course.done, { pair, answer, client_id }], undone: [] };
}

/** The last answer taken back: its pair is there again. */
export function takenBack(course: Course): Course {
  const last = course.done.at(-1);
  if (!last) return course;
  return {
    coming: [last.pair, ...course.coming],
    done: course.done.slice(0, -1),
    undone: [...course.undone, last],
  };
}

/** The answer that was taken back last, given again under another name. */
export function givenAgain(course: Course, client_id: string): Course {
  const last = course.undone.at(-1);
  if (!last) return course;
  const after = answered(course, last.answer, client_id);
  return { ...after, undone: course.undone.slice(0, -1) };
}

/** The server did not take an answer: its pair comes again, first. */
export function refused(course: Course, client_id: string): Course {
  const of = course.done.find((one) => one.client_id === client_id);
  if (!of) return course;
  return {
    ...course,
    coming: [of.pair, ...course.coming],
    done: course.done.filter((one) => one !== of),
  };
}
