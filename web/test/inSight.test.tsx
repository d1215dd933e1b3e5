/** Only what was on screen is judged, and what stands on screen holds together. */

import { act, cleanup, fireEvent, render, screen } from '@testing-library/preact';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Judgement } from '../src/api/types';
import { Decisions } from '../src/components/Decisions';
import { LabelBar } from '../src/components/LabelBar';
import { Picture } from '../src/components/Picture';
import { QueueCard } from '../src/components/QueueCard';
import { onKeyDown } from '../src/components/useKeys';
import { setLanguage, surely, t, thresholdText } from '../src/i18n';
import {
  cannotJudgeItem,
  giveClass,
  giveStep,
  next,
  rejectItem,
} from '../src/state/actions';
import { notices } from '../src/state/announcements';
import { visibleJudgements } from '../src/state/draft';
import { draft } from '../src/state/draftValue';
import { reconnects } from '../src/state/line';
import { plan } from '../src/state/outcome';
import { position } from '../src/state/progress';
import { item, refreshQueue } from '../src/state/queue';
import { markPictured } from '../src/state/seen';
import {
  place,
  serverJudgements,
  showNothing,
  showPlace,
} from '../src/state/selection';
import { session } from '../src/state/session';
import { desk, judgements, queued, settle, standIn, start } from './desk';

standIn();
beforeEach(() => setLanguage('en'));
afterEach(cleanup);

/** As if the picture of the item had never come: others took its place. */
function unseen(): void {
  for (let frame = 1000; frame < 1200; frame += 1)
    markPictured({ video_id: 'other', track_id: 0 }, frame);
}

const judged = (event_id: number, frame: number, more: Partial<Judgement> = {}) =>
  ({
    event_id,
    video_id: 'clip',
    track_id: 0,
    scope: 'frame',
    first_frame: frame,
    last_frame: frame,
    value: [0.5, 0.5],
    expression: null,
    decision: 'label',
    origin: 'human',
    rater: 'mika',
    ...more,
  }) as Judgement;

describe('a confidence', () => {
  it.each([
    [0.7999, '79%'],
    [0.8, '80%'],
    [Math.fround(0.8), '80%'],
    [Math.fround(0.29), '29%'],
    [0.999, '99%'],
    [1, '100%'],
  ])('of %f is rounded down', (confidence, text) => {
    expect(surely(confidence)).toBe(text);
  });

  it('and its threshold never contradict each other', () => {
    expect(thresholdText(0.8)).toBe('80%');
    expect(thresholdText(0.975)).toBe('97.5%');
    expect(thresholdText(0.9725)).toBe('97.25%');
  });

  it('is the one of the curves, not the older one of the item', async () => {
    const old = { ...queued(50).prediction, confidence: 0.9 };
    await start([queued(50, { prediction: old as never })]);
    render(<QueueCard />);
    expect(screen.getByTestId('card-confidence').textContent).toContain('60%');
  });
});

describe('the time left', () => {
  it('does not jump, however often the server counts anew', async () => {
    await start([queued(50), queued(90)]);
    expect(position.value.seconds_left).toBe(60);
    desk.secondsLeft = 6000;
    for (let i = 0; i < 3; i += 1) {
      await refreshQueue();
      expect(position.value.seconds_left).toBe(90);
    }
    const before = session.value;
    session.value = before && { ...before, threshold: 0.5 };
    await refreshQueue();
    expect(position.value.seconds_left).toBe(6000); // other work
    session.value = before;
    desk.secondsLeft = 60;
  });

  it('is none where nothing is left', async () => {
    await start([]);
    expect(position.value.seconds_left).toBeNull();
  });
});

describe('a face that is not on screen yet', () => {
  it.each([
    ['en', 'Loading the face …'],
    ['ja', '顔を読み込んでいます…'],
  ] as const)(
    'is said to be loading (%s), and is not saved',
    async (language, text) => {
      await start([queued(50), queued(90)]);
      unseen();
      setLanguage(language);
      render(
        <>
          <LabelBar />
          <Decisions />
        </>,
      );
      giveStep(1);
      await act(async () => {
        await settle();
      });
      expect(screen.getByTestId('plan').textContent).toContain(text);
      expect(screen.getByTestId('decide-accept')).toHaveProperty('disabled', true);
      next();
      await settle();
      expect(judgements()).toEqual([]);
    },
  );

  it.each([
    ['en', 'Loading the face …'],
    ['ja', '顔を読み込んでいます…'],
  ] as const)(
    'is neither rejected nor said to be beyond judgement (%s)',
    async (language, text) => {
      await start([queued(50), queued(90)]);
      unseen();
      setLanguage(language);
      giveClass('anger');
      render(<Decisions />);
      for (const key of ['x', 'u', 'Enter']) {
        notices.value = [];
        onKeyDown(new KeyboardEvent('keydown', { key }));
        const said = notices.value.map((one) => t(one.key, one.params));
        expect(said).toEqual([expect.stringContaining(text)]);
      }
      for (const button of ['accept', 'reject', 'cannot']) {
        const its = screen.getByTestId(`decide-${button}`);
        expect(its).toHaveProperty('disabled', true);
      }
      await settle();
      expect(judgements()).toEqual([]);
      expect([item.value?.item_id, draft.value.expression]).toEqual(['i50', 'anger']);
      act(() => markPictured(queued(50), 50));
      fireEvent.click(screen.getByTestId('decide-reject'));
      await settle();
      expect(judgements()).toMatchObject([{ item_id: 'i50', decision: 'reject' }]);
    },
  );

  it('is not judged while another face is on screen in its place', async () => {
    await start([queued(50), queued(90)]);
    unseen();
    showPlace({ video_id: 'clip', track_id: 7 }, 50);
    rejectItem();
    cannotJudgeItem();
    await settle();
    expect(judgements()).toEqual([]);
  });

  it('can be put off: that says nothing of it', async () => {
    await start([queued(50), queued(90)]);
    unseen();
    render(<Decisions />);
    fireEvent.click(screen.getByTestId('decide-skip'));
    await settle();
    expect(judgements()).toMatchObject([{ item_id: 'i50', decision: 'skip' }]);
  });

  it('is judged once it was', async () => {
    await start([queued(50)]);
    unseen();
    expect(plan.value.why).toBe('plan.notSeen');
    markPictured(queued(50), 50);
    expect(plan.value.outcome?.decision).toBe('accept');
  });
});

describe('where the model is hidden', () => {
  it('own words stay in sight, what was accepted and others said does not', async () => {
    await start([], [queued(50, { kind: 'suggested', blind: true, prediction: null })]);
    serverJudgements.value = [
      judged(1, 40),
      judged(2, 45, { decision: 'accept' }),
      judged(3, 48, { rater: 'ben' }),
      judged(4, 52, { origin: 'import' }),
      judged(5, 150, { rater: 'ben' }),
    ];
    const found = () => visibleJudgements.value.map((one) => one.event_id);
    expect(found()).toEqual([1, 5]);
  });

  it('what was taken back by a rejection does not come up again', async () => {
    await start([], [queued(50, { kind: 'suggested', blind: true, prediction: null })]);
    serverJudgements.value = [judged(1, 40), judged(2, 40, { decision: 'reject' })];
    expect(visibleJudgements.value.map((one) => one.event_id)).toEqual([1, 2]);
  });
});

const back = () =>
  act(() => {
    reconnects.value += 1;
  });

describe('a picture that failed', () => {
  it('is asked for again when the line is back, and only then', async () => {
    const { container } = render(<Picture src="/one.jpg" alt="one" />);
    const img = () => container.querySelector('img') as HTMLImageElement;
    const first = img();
    await back();
    expect(img()).toBe(first);
    fireEvent.error(first);
    expect(img()).toBe(first);
    await back();
    expect(img()).not.toBe(first);
    fireEvent.load(img());
    const second = img();
    await back();
    expect(img()).toBe(second);
  });
});

describe('with nothing on screen', () => {
  it('there is nothing to edit, and no count', async () => {
    await start([]);
    const before = place.value;
    showNothing(null);
    render(<QueueCard />);
    expect(screen.getByTestId('decide-edit')).toHaveProperty('disabled', true);
    expect(screen.getByTestId('position').textContent).not.toContain('0');
    place.value = before;
  });
});
