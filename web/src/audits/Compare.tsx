/** Two faces side by side: which of them is further up in one dimension. */

import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { cropUrl } from '../api/client';
import type { ComparedFace, Pair } from '../api/types';
import { keepFocus } from '../components/Key';
import { Picture } from '../components/Picture';
import { hasString, t } from '../i18n';
import { sentenceOf } from '../i18n/faults';
import {
  actionOf,
  chordOf,
  isSilent,
  isWriting,
  pagesChord,
  SHORTCUTS,
  shownChord,
} from '../keys';
import { Fault } from '../panels/Panel';
import { announce } from '../state/announcements';
import { outbox } from '../state/changes';
import { classKeys } from '../state/session';
import { undoChange } from '../state/undoStack';
import {
  ANSWERS,
  answered,
  asked,
  givenAgain,
  NOTHING,
  pairKey,
  refused,
  takenBack,
  withPair,
} from './compare';
import { dimensionText } from './dimensionText';
import { type Answer, comparisonChange, getPair } from './requests';
import './audits.css';

const CROP = 320;

/** The question of a dimension: its own where there is one, else with its name. */
export function questionOf(dimension: string): string {
  const own = `compare.question.${dimension}`;
  if (hasString(own)) return t(own);
  return t('compare.question', { dimension: dimensionText(dimension) });
}

/** Where letters and arrows are the element's own: what is typed in, and tabs. */
const OWN = 'input, textarea, select, [contenteditable], [role="tab"]';

const BEHIND: ReadonlySet<string> = new Set(
  SHORTCUTS.filter(({ group }) => ['decide', 'value', 'scope'].includes(group)).map(
    ({ action }) => action,
  ),
);

/** Whether a key would judge the item behind the two faces, which nobody looks at. */
function decidesBehind(event: KeyboardEvent): boolean {
  const chord = pagesChord(event);
  if (chord === null) return false;
  return BEHIND.has(actionOf(event) ?? '') || classKeys.value.has(chord);
}

export function Compare() {
  const course = useSignal(NOTHING);
  const fault = useSignal<string | null>(null);
  /** Nothing more is to be compared now. */
  const isOver = useSignal(false);
  const isAsking = useRef(false);
  const shownAt = useRef(performance.now());
  /** The pair whose pictures are there, and which of them. */
  const pictured = useSignal<{ key: string; sides: readonly Side[] }>(UNSEEN);
  const isSeen = (of: Pair) =>
    pictured.value.key === pairKey(of) && pictured.value.sides.length === SIDES.length;
  const onPicture = (of: Pair, side: Side) => {
    const key = pairKey(of);
    const before = pictured.value.key === key ? pictured.value.sides : [];
    pictured.value = { key, sides: [...before.filter((one) => one !== side), side] };
  };
  const root = useRef<HTMLElement>(null);
  const isOpen = useRef(true);
  const pair = course.value.coming[0] ?? null;

  /** The server draws one pair at a time, and the next once an answer is saved. */
  const fetchNext = async () => {
    if (isAsking.current || course.value.coming.length > 0) return;
    isAsking.current = true;
    try {
      const found = await getPair();
      if (!isOpen.current) return;
      if (found) course.value = withPair(course.value, found);
      isOver.value = course.value.coming.length === 0;
      fault.value = null;
    } catch (error) {
      if (isOpen.current) fault.value = sentenceOf(error);
    } finally {
      isAsking.current = false;
    }
  };

  const send = (of: Pair, answer: Answer, client_id: string) => {
    const active_s = (performance.now() - shownAt.current) / 1000;
    const change = comparisonChange(of, answer, client_id, active_s);
    void outbox()
      .ask(change)
      .then((saved) => {
        if (!isOpen.current) return;
        if (saved === null) course.value = refused(course.value, client_id);
        void fetchNext();
      });
  };

  const give = (answer: Answer) => {
    // What is asked now, though the page may not have been drawn anew yet.
    const [on] = course.value.coming;
    if (!on) return;
    if (answer !== 'cannot' && !isSeen(on)) {
      announce('info', 'compare.notSeen');
      return;
    }
    const client_id = crypto.randomUUID();
    course.value = answered(course.value, answer, client_id);
    send(on, answer, client_id);
  };

  const takeBack = () => {
    const last = course.value.done.at(-1);
    if (!last) return;
    course.value = takenBack(course.value);
    void undoChange(last.client_id);
  };

  const giveAgain = () => {
    const last = course.value.undone.at(-1);
    if (!last) return;
    const client_id = crypto.randomUUID();
    course.value = givenAgain(course.value, client_id);
    send(last.pair, last.answer, client_id);
  };

  const does = useRef({ give, takeBack, giveAgain });
  does.current = { give, takeBack, giveAgain };

  useLayoutEffect(() => {
    isOpen.current = true;
    // Arrows that chose this tab go on choosing tabs.
    const isChoosing = document.activeElement?.matches('[role="tab"]:focus-visible');
    if (!isChoosing) root.current?.focus({ preventScroll: true });
    // Before the page's own keys: arrows step through frames there.
    const onKey = (event: KeyboardEvent) => {
      if (isWriting(event) || isSilent(event)) return;
      if (event.target instanceof Element && event.target.closest(OWN)) return;
      const what = asked(chordOf(event));
      if (what === null && !decidesBehind(event)) return;
      event.preventDefault();
      event.stopPropagation();
      if (event.repeat) return;
      if (what === null) announce('info', 'notice.comparing');
      else if (what === 'undo') does.current.takeBack();
      else if (what === 'redo') does.current.giveAgain();
      else does.current.give(what);
    };
    addEventListener('keydown', onKey, { capture: true });
    return () => {
      isOpen.current = false;
      removeEventListener('keydown', onKey, { capture: true });
    };
  }, []);

  useEffect(() => {
    void fetchNext();
  }, []);
  const key = pair ? pairKey(pair) : '';
  useEffect(() => {
    shownAt.current = performance.now();
  }, [key]);

  const { done } = course.value;
  return (
    <section
      ref={root}
      class="compare"
      tabIndex={-1}
      aria-label={t('compare.title')}
      data-testid="compare"
      data-pair={key}
      data-done={done.length}
      data-seen={pair !== null && isSeen(pair)}
    >
      <Fault text={fault.value} />
      {pair && (
        <Question
          key={key}
          of={pair}
          give={give}
          onPicture={(side) => onPicture(pair, side)}
        />
      )}
      {!pair && !fault.value && (
        <p role="status" data-testid="compare-over">
          {t(isOver.value ? 'compare.over' : 'sheet.loading')}
        </p>
      )}
      <div class="compare-foot">
        <span role="status" data-testid="compare-done">
          {t('compare.done', { n: done.length })}
        </span>
        <button
          type="button"
          class="button"
          disabled={done.length === 0}
          aria-keyshortcuts="Control+z"
          data-testid="compare-undo"
          onClick={takeBack}
        >
          {t('compare.undo')} <kbd class="key">{shownChord('Ctrl+z')}</kbd>
        </button>
      </div>
    </section>
  );
}

const cropOf = ({ video_id, track_id, frame }: ComparedFace) =>
  cropUrl(video_id, track_id, frame, CROP);

const SIDES = [
  { answer: 'first', chord: 'ArrowLeft' },
  { answer: 'second', chord: 'ArrowRight' },
] as const;

type Side = (typeof SIDES)[number]['answer'];

const UNSEEN = { key: '', sides: [] as readonly Side[] };

interface QuestionProps {
  of: Pair;
  give: (answer: Answer) => void;
  onPicture: (side: Side) => void;
}

function Question({ of, give, onPicture }: QuestionProps) {
  const question = questionOf(of.dimension);
  return (
    <div role="group" aria-label={question}>
      <h3 data-testid="compare-question">{question}</h3>
      <div class="compare-faces">
        {SIDES.map(({ answer, chord }) => (
          <button
            key={answer}
            type="button"
            class="compare-face"
            aria-keyshortcuts={chord}
            data-testid={`compare-${answer}`}
            onMouseDown={keepFocus}
            onClick={() => give(answer)}
          >
            <Picture
              src={cropOf(of[answer])}
              alt=""
              width={CROP}
              height={CROP}
              onLoad={() => onPicture(answer)}
            />
            <span>
              {t(`compare.answer.${answer}`)} <kbd class="key">{shownChord(chord)}</kbd>
            </span>
          </button>
        ))}
      </div>
      <div class="compare-answers">
        {NEITHER.map(({ answer, chord }) => (
          <button
            key={answer}
            type="button"
            class="button"
            aria-keyshortcuts={chord}
            data-testid={`compare-${answer}`}
            onMouseDown={keepFocus}
            onClick={() => give(answer)}
          >
            {t(`compare.answer.${answer}`)} <kbd class="key">{shownChord(chord)}</kbd>
          </button>
        ))}
      </div>
    </div>
  );
}

const NEITHER = ANSWERS.filter(
  ({ answer }) => answer === 'same' || answer === 'cannot',
);
