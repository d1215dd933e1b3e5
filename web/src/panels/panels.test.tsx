import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/preact';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Crowd, Video } from '../api/types';
import { setLanguage } from '../i18n';
import { outboxSignal } from '../state/changes';
import { sideSheet } from '../state/ui';
import { FacesPanel } from './FacesPanel';
import { ThresholdPanel } from './ThresholdPanel';
import { standInOutbox, standInServer } from './testing/server';

beforeEach(() => {
  setLanguage('en');
  vi.stubGlobal(
    'IntersectionObserver',
    class {
      observe() {}
      disconnect() {}
    },
  );
});

afterEach(() => {
  cleanup();
  outboxSignal.value = null;
  vi.unstubAllGlobals();
});

const byId = (id: string) => screen.findByTestId(id);
const key = (element: Element, name: string, more = {}) =>
  fireEvent.keyDown(element, { key: name, ...more });

describe('ThresholdPanel', () => {
  const points = Array.from({ length: 51 }, (_, i) => ({
    threshold: 0.5 + i / 100,
    frames: 1000 + 100 * i,
    share: i / 50,
    items: 3.4 * i,
    minutes: 2 * i,
    wrong: 0.2 - 0.004 * i,
  }));

  async function opened(answer?: Parameters<typeof standInOutbox>[0]) {
    let threshold = 0.8;
    standInServer({ '/threshold': () => ({ threshold, points }) });
    const { send, changes } = standInOutbox((change) => {
      const refusal = answer?.(change);
      if (refusal) return refusal;
      threshold = change.body.value as number;
      return { event_id: 9, threshold };
    });
    const onApplied = vi.fn();
    render(<ThresholdPanel send={send} onApplied={onApplied} />);
    const slider = (await byId('threshold-slider')) as HTMLInputElement;
    return { slider, changes, onApplied };
  }

  it('shows at once what the slider would mean, beside what is in force', async () => {
    const { slider } = await opened();
    expect(slider.value).toBe('0.8');
    expect(screen.getByTestId('threshold-apply')).toHaveProperty('disabled', true);
    fireEvent.input(slider, { target: { value: '0.9' } });
    expect(screen.getByTestId('threshold-frames').textContent).toBe('5,000');
    expect(screen.getByTestId('threshold-share').textContent).toBe('80.0%');
    expect(screen.getByTestId('threshold-time').textContent).toBe('80 min');
    expect(screen.getByTestId('threshold-wrong').textContent).toBe('4.0%');
    expect(screen.getByTestId('threshold-numbers').textContent).toContain(
      'in force: 80%',
    );
    expect(slider.getAttribute('aria-valuetext')).toContain('5,000 frames to people');
  });

  it('asks anew when predictions have changed, and leaves the slider alone', async () => {
    let frames = 1000;
    const every = standInServer({
      '/threshold': () => ({
        threshold: 0.8,
        points: points.map((one) => ({ ...one, frames })),
      }),
    });
    const asked = () => every.filter((url) => url.pathname.endsWith('/threshold'));
    const { send } = standInOutbox();
    const { rerender } = render(<ThresholdPanel send={send} revision={1} />);
    const slider = (await byId('threshold-slider')) as HTMLInputElement;
    fireEvent.input(slider, { target: { value: '0.9' } });
    rerender(<ThresholdPanel send={send} revision={1} />);
    expect(asked()).toHaveLength(1);
    frames = 7;
    rerender(<ThresholdPanel send={send} revision={2} />);
    await waitFor(() =>
      expect(screen.getByTestId('threshold-frames').textContent).toBe('7'),
    );
    expect(asked()).toHaveLength(2);
    expect(slider.value).toBe('0.9');
  });

  it('applies through the outbox', async () => {
    const { slider, changes, onApplied } = await opened();
    fireEvent.input(slider, { target: { value: '0.9' } });
    fireEvent.submit(slider.form as HTMLFormElement);
    await waitFor(() => expect(onApplied).toHaveBeenCalledWith(0.9));
    expect(changes[0]).toMatchObject({
      kind: 'threshold',
      method: 'PUT',
      path: '/threshold',
      body: { value: 0.9, client_id: changes[0]?.client_id },
    });
    await waitFor(() =>
      expect(screen.getByTestId('threshold-numbers').textContent).toContain(
        'in force: 90%',
      ),
    );
  });

  it('says why the server refuses', async () => {
    const { slider, onApplied } = await opened(
      () => new Error('Only a lead may do this.'),
    );
    fireEvent.input(slider, { target: { value: '0.9' } });
    fireEvent.submit(slider.form as HTMLFormElement);
    expect((await byId('panel-fault')).textContent).toBe('Only a lead may do this.');
    expect(onApplied).not.toHaveBeenCalled();
  });
});

describe('FacesPanel', () => {
  const track = (track_id: number, person = '', ignored = false) => ({
    track_id,
    person,
    ignored,
    n_frames: 50,
    first_frame: 10,
    last_frame: 90,
    n_judgements: 0,
    n_pending: 0,
  });
  const video = {
    video_id: 'a/b.mp4',
    tracks: [track(1, 'Mika'), track(2), track(3, '', true)],
  } as Video;

  function opened(
    frame = 40,
    answer?: Parameters<typeof standInOutbox>[0],
    crowd: Crowd | null = null,
  ) {
    standInServer({
      '/persons': [{ name: 'Mika', tracks: [] }],
      '/videos/a%2Fb.mp4/crowd': crowd,
    });
    const { send, changes } = standInOutbox(answer);
    const onOpen = vi.fn();
    const onChanged = vi.fn();
    render(
      <FacesPanel
        video={video}
        track_id={1}
        frame={frame}
        send={send}
        onOpen={onOpen}
        onChanged={onChanged}
      />,
    );
    return { changes, onOpen, onChanged };
  }

  it('says where more faces were in view than are followed', async () => {
    opened(40, undefined, { max_faces: 4, frames: 15, most: 6 });
    expect(await screen.findByText(/In 15 frames more than 4 faces/)).toBeTruthy();
  });

  it('splits at the frame on screen', async () => {
    const { changes, onChanged } = opened();
    fireEvent.click(screen.getByTestId('face-split-2'));
    await waitFor(() => expect(onChanged).toHaveBeenCalled());
    expect(changes[0]).toMatchObject({
      kind: 'track',
      path: '/videos/a%2Fb.mp4/tracks/2/split',
      body: { frame: 40, client_id: changes[0]?.client_id },
    });
  });

  it('cannot split where the face has no earlier frame', () => {
    opened(10);
    expect(screen.getByTestId('face-split-1')).toHaveProperty('disabled', true);
  });

  it('merges into another face that is in use', async () => {
    const { changes, onChanged } = opened();
    const select = screen.getByTestId('face-merge-1') as HTMLSelectElement;
    expect([...select.options].map((o) => o.value)).toEqual(['', '2']);
    fireEvent.change(select, { target: { value: '2' } });
    fireEvent.click(screen.getByTestId('face-merge-do-1'));
    await waitFor(() => expect(onChanged).toHaveBeenCalled());
    expect(changes[0]?.body).toMatchObject({ into: 2 });
  });

  it('leaves a face out and takes it back in', async () => {
    const { changes } = opened();
    fireEvent.click(screen.getByTestId('face-ignore-2'));
    await waitFor(() => expect(changes).toHaveLength(1));
    fireEvent.click(screen.getByTestId('face-restore-3'));
    await waitFor(() => expect(changes).toHaveLength(2));
    expect(changes.map((c) => c.path.split('/').at(-1))).toEqual(['ignore', 'restore']);
  });

  it('saves a name on Enter or on leaving, but only a new one', async () => {
    const { changes } = opened();
    const name = screen.getByTestId('face-name-2') as HTMLInputElement;
    fireEvent.blur(name);
    fireEvent.input(name, { target: { value: ' Jonas ' } });
    key(name, 'Enter');
    await waitFor(() => expect(changes).toHaveLength(1));
    expect(changes[0]).toMatchObject({
      kind: 'person',
      method: 'PUT',
      body: { name: 'Jonas' },
    });
    const other = screen.getByTestId('face-name-1') as HTMLInputElement;
    fireEvent.input(other, { target: { value: '' } });
    fireEvent.blur(other);
    await waitFor(() => expect(changes).toHaveLength(2));
    expect(changes[1]?.body.name).toBe('');
  });

  it('takes typing back with Escape, and leaves Enter to an input method', async () => {
    const { changes } = opened();
    const name = screen.getByTestId('face-name-1') as HTMLInputElement;
    fireEvent.input(name, { target: { value: 'ミカ' } });
    key(name, 'Enter', { isComposing: true });
    key(name, 'Enter', { keyCode: 229 });
    key(name, 'Escape');
    fireEvent.blur(name);
    await Promise.resolve();
    expect(name.value).toBe('Mika');
    expect(changes).toHaveLength(0);
  });

  it('offers known persons', async () => {
    opened();
    await waitFor(() =>
      expect(
        document.querySelector('#faces-persons option')?.getAttribute('value'),
      ).toBe('Mika'),
    );
    expect(screen.getByTestId('face-name-2').getAttribute('list')).toBe(
      'faces-persons',
    );
  });

  it('says why the server refuses, at the face', async () => {
    const { onChanged } = opened(40, () => new Error('Face 2 has no frame 40.'));
    fireEvent.click(screen.getByTestId('face-split-2'));
    const fault = await byId('panel-fault');
    expect(screen.getByTestId('face-2').contains(fault)).toBe(true);
    expect(fault.textContent).toBe('Face 2 has no frame 40.');
    expect(onChanged).not.toHaveBeenCalled();
  });

  it('goes to a face', () => {
    const { onOpen } = opened();
    fireEvent.click(screen.getByTestId('face-open-2'));
    expect(onOpen).toHaveBeenCalledWith('a/b.mp4', 2, 10);
  });
});

describe('Panel', () => {
  it('is a landmark with a name, takes the focus and gives it back', async () => {
    standInServer({ '/threshold': { threshold: 0.8, points: [] } });
    const button = document.createElement('button');
    document.body.append(button);
    button.focus();
    const { send } = standInOutbox();
    sideSheet.value = 'threshold';
    const { unmount } = render(<ThresholdPanel send={send} />);
    const panel = screen.getByRole('complementary', { name: 'Threshold' });
    expect(document.activeElement).toBe(panel);
    fireEvent.click(screen.getByTestId('panel-close'));
    expect(sideSheet.value).toBeNull();
    expect(await screen.findByText(/There are no predictions yet/)).toBeTruthy();
    unmount();
    expect(document.activeElement).toBe(button);
    button.remove();
  });
});
