/** Raters are called by name wherever a judgement is shown: their ids say nothing. */

import { act, cleanup, render, screen } from '@testing-library/preact';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Judgement } from '../src/api/types';
import { HelpOverlay } from '../src/components/HelpOverlay';
import { ReadOut } from '../src/components/ReadOut';
import { setLanguage } from '../src/i18n';
import { raterName, raters } from '../src/state/raters';
import { frame, serverJudgements } from '../src/state/selection';
import { session } from '../src/state/session';
import { ClipLabels } from '../src/timeline/ClipLabels';
import { judgement } from '../src/timeline/testing/made';
import { queued, standIn, start } from './desk';

const OWN = 'rater-fd88fcd161403090';
const OTHER = 'rater-825fb6508112e2c5';

standIn();
beforeEach(() => {
  setLanguage('en');
  raters.value = [
    { rater_id: OWN, name: 'Ann', role: 'rater' },
    { rater_id: OTHER, name: 'Ben', role: 'rater' },
  ];
});
afterEach(cleanup);

describe('who judged is said by name', () => {
  it('of a whole clip', () => {
    const said = (rater: string, event_id: number) =>
      judgement({ scope: 'clip', rater, event_id, value: [0.2, 0.3] });
    render(<ClipLabels judgements={[said(OWN, 1), said(OTHER, 2)]} />);
    const text = screen.getByTestId('timeline-clip').textContent;
    expect(text).toContain('(Ann)');
    expect(text).toContain('(Ben)');
    expect(screen.getByTestId('timeline-clip').innerHTML).not.toContain('rater-');
  });

  it('of the frame on screen', async () => {
    await start([queued(50)]);
    render(<ReadOut />);
    const said = {
      ...judgement({ rater: OWN, first_frame: 50, last_frame: 50, value: [0.2, 0.3] }),
      video_id: 'clip',
      track_id: 0,
    } as Judgement;
    act(() => {
      frame.value = 50;
      serverJudgements.value = [said];
    });
    const text = screen.getByTestId('readout').textContent;
    expect(text).toContain('Ann');
    expect(text).not.toContain(OWN);
  });

  it('but of what feltline did by itself nobody is named', () => {
    session.value = {
      ...session.value,
      rater: OWN,
      name: 'Ann',
    } as typeof session.value;
    expect(raterName('')).toBe('');
    expect(raterName(OWN)).toBe('Ann');
  });

  it('in the help', () => {
    session.value = { ...session.value, rater: OWN } as typeof session.value;
    render(<HelpOverlay />);
    expect(document.body.textContent).toContain('Ann');
    expect(document.body.textContent).not.toContain(OWN);
  });
});
