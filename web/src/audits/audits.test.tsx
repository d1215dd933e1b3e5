import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/preact';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Audits, BatchDetails, Pair, Session } from '../api/types';
import { ExportSheet } from '../components/ExportSheet';
import { setLanguage } from '../i18n';
import { en } from '../i18n/en';
import { standInOutbox, standInServer } from '../panels/testing/server';
import { outboxSignal } from '../state/changes';
import { latestEvent } from '../state/live';
import { session } from '../state/session';
import { teamTab } from '../state/teamTab';
import { sideSheet } from '../state/ui';
import { team } from '../teams/team';
import { Anchoring } from './Anchoring';
import { AuditsTab } from './AuditsTab';
import { Compare } from './Compare';

beforeEach(() => {
  setLanguage('en');
  session.value = {
    rater: 'lea',
    tolerance: 0.2,
    permissions: ['read', 'judge', 'lead'],
    project: { project_id: 'a', folder_id: 'b', name: 'made' },
    label_schema: { dimensions: [], classes: [] },
  } as unknown as Session;
});

afterEach(() => {
  cleanup();
  outboxSignal.value = null;
  session.value = null;
  sideSheet.value = null;
  team.value = [];
  vi.unstubAllGlobals();
});

const byId = (id: string) => screen.findByTestId(id);

const BATCH: BatchDetails = {
  batch_id: 3,
  state: 'reopened',
  model_id: 'm',
  threshold: 0.8,
  bound: 0.1,
  confidence: 0.95,
  tolerance: 0.35,
  n_accepted: 900,
  n_items: 20,
  n: 2,
  n_wrong: 2,
  error_rate: 1,
  lower_bound: 0.2,
  upper_bound: 1,
  created_at: '2026-11-28T10:00:00Z',
  due_at: null,
  due_judgements: null,
  reopening: { event_id: 17, least_confidence: 1.01, n_videos: 2, is_in_force: true },
  bounds: [
    { n: 1, lower_bound: 0.05, upper_bound: 1 },
    { n: 2, lower_bound: 0.2, upper_bound: 1 },
  ],
  strata: [
    { person: 'Anna', quadrant: '+-', quality: 'low', n_items: 12, n: 2, n_wrong: 2 },
  ],
  wrong: [],
};
const AUDITS: Audits = {
  schedule: {
    every_judgements: 500,
    every_days: 0,
    bound: 0.1,
    confidence: 0.95,
    blocks_export: true,
    least_items: 30,
  },
  due: { is_overdue: true, blocks_export: true, judgements_left: 0, days_left: null },
  batches: [BATCH],
};

function standIn(audits: Audits, more: Record<string, unknown> = {}) {
  const sent: { method: string; path: string; body: unknown }[] = [];
  standInServer({
    '/audits': audits,
    '/audits/3': BATCH,
    '/team': [],
    '/anchoring': { warning_level: 0.1, least_repeats: 8, raters: [] },
    '/comparisons/score': [],
    '/audits/schedule': audits,
    ...more,
  });
  const answering = fetch;
  vi.stubGlobal('fetch', (path: string, init?: RequestInit) => {
    if (init?.method && init.method !== 'GET') {
      const body = JSON.parse(String(init.body ?? 'null'));
      sent.push({ method: init.method, path: path.replace(/^.*\/api/, ''), body });
    }
    return answering(path, init);
  });
  return sent;
}

describe('the audits of a lead', () => {
  it('say what was reopened, and take it back', async () => {
    standIn(AUDITS);
    const { changes } = standInOutbox(() => ({ event_id: 18, undone: null }));
    render(<AuditsTab />);
    const said = await byId('audit-reopened');
    expect(said.textContent).toContain('All accepted labels of 2 videos');
    const picture = await byId('bound-plot');
    expect(picture.getAttribute('aria-label')).toContain('agreed: at most 10%');
    // As agreed when it was drawn, whatever the project goes by now.
    expect(picture.getAttribute('aria-label')).toContain('more than 0.35');
    fireEvent.click(await byId('audit-undo'));
    await waitFor(() => expect(changes[0]?.path).toBe('/events/17/undo'));
  });

  it('are not asked for at each judgement of somebody', async () => {
    let asked = 0;
    standIn(AUDITS, {
      '/audits': () => {
        asked += 1;
        return AUDITS;
      },
    });
    render(<AuditsTab />);
    await byId('audit-sentence');
    const before = asked;
    for (let n = 1; n <= 5; n += 1) {
      latestEvent.value += 1;
      await new Promise((done) => setTimeout(done, 20));
    }
    expect(asked - before).toBeLessThanOrEqual(1);
  });

  it('are scheduled in shares, though written in per cent', async () => {
    const sent = standIn(AUDITS);
    render(<AuditsTab />);
    const bound = (await byId('audit-bound')) as HTMLInputElement;
    expect(bound.value).toBe('10');
    fireEvent.change(bound, { target: { value: '5' } });
    fireEvent.input(await byId('audit-every_judgements'), { target: { value: '' } });
    fireEvent.submit(await byId('audit-form'));
    await waitFor(() => expect(sent).toHaveLength(1));
    expect(sent[0]?.body).toEqual({
      every_judgements: 0,
      every_days: 0,
      bound: 0.05,
      confidence: 0.95,
      blocks_export: true,
    });
  });

  it('are started once, whoever judges them', async () => {
    const member = (name: string, may_judge: boolean) => ({
      rater_id: `r-${name}`,
      name,
      role: 'rater',
      may_judge,
    });
    const sent = standIn(AUDITS, {
      '/team': [member('ann', true), member('vic', false)],
    });
    render(<AuditsTab />);
    fireEvent.click(await byId('rater-r-ann'));
    expect(screen.queryByTestId('rater-r-vic')).toBeNull();
    fireEvent.click(screen.getByTestId('rater-lea'));
    fireEvent.submit(screen.getByTestId('audit-new'));
    await waitFor(() => expect(sent).toHaveLength(1));
    expect(sent[0]).toMatchObject({ path: '/audits', body: { raters: ['r-ann'] } });
  });

  it('are not started while one is open, which can be stopped', async () => {
    const open = { ...BATCH, state: 'open' as const, reopening: null };
    const sent = standIn({ ...AUDITS, batches: [open] }, { '/audits/3/stop': open });
    render(<AuditsTab />);
    expect((await byId('audit-overdue')).textContent).toContain('18 items left');
    expect(screen.queryByTestId('audit-start')).toBeNull();
    fireEvent.click(await byId('audit-stop'));
    await waitFor(() => expect(sent[0]?.path).toBe('/audits/3/stop'));
  });
});

describe('the export', () => {
  it('is held back by an overdue audit, unless one insists', async () => {
    standIn(AUDITS);
    render(<ExportSheet />);
    await byId('export-blocked');
    expect(screen.getByTestId('export')).toHaveProperty('disabled', true);
    fireEvent.click(screen.getByTestId('open-audits'));
    expect([sideSheet.value, teamTab.value]).toEqual(['team', 'audits']);
    fireEvent.click(screen.getByTestId('export-anyway'));
    await waitFor(() =>
      expect(screen.getByTestId('export').getAttribute('href')).toContain(
        'despite_audit=true',
      ),
    );
  });

  it('of what people said is never held back', async () => {
    standIn(AUDITS);
    render(<ExportSheet />);
    await byId('export-blocked');
    fireEvent.click(screen.getByLabelText(en['export.layer.human'] ?? ''));
    await waitFor(() => expect(screen.queryByTestId('export-blocked')).toBeNull());
    expect(screen.getByTestId('export').getAttribute('href')).not.toContain('despite');
  });

  it('asks nobody who does not lead about audits', async () => {
    session.value = { ...session.value, permissions: ['read'] } as Session;
    const asked = standInServer({ '/audits': AUDITS });
    render(<ExportSheet />);
    await Promise.resolve();
    expect(asked.filter((url) => url.pathname.includes('audits'))).toEqual([]);
    expect(screen.queryByTestId('export-blocked')).toBeNull();
  });
});

describe('anchoring', () => {
  it('warns of raters who are pulled, and of no others', async () => {
    const one = { rater_id: 'ann', dimension: 'valence', n: 60, pull: 0.3 };
    const raters = [
      { ...one, low: 0.2, high: 0.4, is_warned: true },
      {
        ...one,
        rater_id: 'ben',
        n: 3,
        pull: null,
        low: null,
        high: null,
        is_warned: false,
      },
    ];
    standInServer({ '/anchoring': { warning_level: 0.1, least_repeats: 8, raters } });
    render(<Anchoring />);
    const rows = await screen.findAllByTestId('anchoring-rater');
    expect(rows.map((row) => row.textContent?.includes('Pulled by'))).toEqual([
      true,
      false,
    ]);
    expect(rows[1]?.querySelector('svg')).toBeNull();
  });
});

describe('comparing two faces', () => {
  const pair = (n: number): Pair => {
    const face = (frame: number) => ({ video_id: 'a', track_id: 0, frame, time_s: 0 });
    return { dimension: 'valence', first: face(n), second: face(n + 1) };
  };

  async function opened(answer?: Parameters<typeof standInOutbox>[0]) {
    let n = 0;
    standInServer({
      '/comparisons/next': () => {
        n += 10;
        return { pair: n > 20 ? null : pair(n) };
      },
    });
    const box = standInOutbox(answer ?? (() => ({ event_id: n, undone: null })));
    render(<Compare />);
    await byId('compare-question');
    return box;
  }
  const look = () => {
    for (const one of screen.getByTestId('compare').querySelectorAll('img'))
      fireEvent.load(one);
  };
  const press = (key: string, more = {}) =>
    fireEvent.keyDown(document.body, { key, ...more });
  const done = () => screen.getByTestId('compare').dataset.done;

  it('takes keys once both faces are seen, and comes to an end', async () => {
    const { changes } = await opened();
    expect(screen.getByTestId('compare-question').textContent).toBe(
      'Which is more positive?',
    );
    press('ArrowLeft');
    expect(changes).toHaveLength(0);
    look();
    press('ArrowLeft');
    await waitFor(() => expect(changes).toHaveLength(1));
    expect(changes[0]).toMatchObject({
      kind: 'comparison',
      path: '/comparisons',
      body: { frame: 10, other_frame: 11, dimension: 'valence', answer: 'first' },
    });
    await waitFor(() =>
      expect(screen.getByTestId('compare').dataset.pair).toContain('20'),
    );
    look();
    press('ArrowDown');
    await byId('compare-over');
    expect(changes[1]?.body.answer).toBe('same');
    expect(done()).toBe('2');
  });

  it('takes an answer back, and gives it again', async () => {
    const { changes } = await opened();
    look();
    press('ArrowRight');
    await waitFor(() => expect(done()).toBe('1'));
    await waitFor(() => expect(changes).toHaveLength(1));
    press('z', { ctrlKey: true });
    await waitFor(() => expect(done()).toBe('0'));
    expect(screen.getByTestId('compare').dataset.pair).toContain('10');
    press('z', { ctrlKey: true, shiftKey: true });
    await waitFor(() => expect(done()).toBe('1'));
    await waitFor(() =>
      expect(changes.map(({ kind }) => kind)).toEqual(['comparison', 'comparison']),
    );
  });

  it('lets no key judge the item behind it', async () => {
    await opened();
    const page = vi.fn();
    addEventListener('keydown', page);
    for (const key of ['Enter', 's', 'e', 'ArrowUp', 'x']) press(key);
    expect(page).not.toHaveBeenCalled();
    press('h'); // another side sheet
    expect(page).toHaveBeenCalledTimes(1);
    removeEventListener('keydown', page);
  });

  it('asks again what was refused', async () => {
    await opened(() => new Error('The face is gone'));
    look();
    press('ArrowLeft');
    await waitFor(() => expect(done()).toBe('0'));
    expect(screen.getByTestId('compare').dataset.pair).toContain('10');
  });
});
