/** What this rater said of the same person before, to stay consistent with oneself. */

import { effect, signal } from '@preact/signals';
import type { Judgement } from '../api/types';
import { trackJudgements } from './changes';
import { isOwnWord } from './ownWord';
import { judgementsOf, type Place, place } from './selection';
import { targetFrame } from './target';
import { videos } from './videos';

const MOST = 5;

/** The latest last. */
export const earlier = signal<readonly Judgement[]>([]);

/** The face at hand, and all that carry the same name. */
function tracksOf(at: Place): Place[] {
  const all = videos.value.flatMap(({ video_id, tracks }) =>
    tracks.map(({ track_id, person }) => ({ video_id, track_id, person })),
  );
  const isHere = (one: Place) =>
    one.video_id === at.video_id && one.track_id === at.track_id;
  const name = all.find(isHere)?.person ?? '';
  return all.filter((one) => isHere(one) || (name !== '' && one.person === name));
}

/** What is on its way has no number yet, and is the newest. */
const orderOf = ({ event_id }: Judgement) =>
  event_id < 0 ? 1e15 - event_id : event_id;

function latest(found: readonly Judgement[]): Judgement[] {
  const byFrame = new Map<string, Judgement>();
  const sorted = found
    .filter((one) => one.scope === 'frame' && isOwnWord(one))
    .sort((a, b) => orderOf(a) - orderOf(b));
  for (const one of sorted) {
    const key = `${one.video_id}/${one.track_id}/${one.first_frame}`;
    byFrame.delete(key);
    byFrame.set(key, one);
  }
  return [...byFrame.values()].slice(-MOST);
}

export function followEarlier(): () => void {
  let asked = 0;
  return effect(() => {
    asked += 1;
    const mine = asked;
    const at = place.value;
    if (!at) {
      earlier.value = [];
      return;
    }
    const here = trackJudgements.value;
    const but = targetFrame.value;
    const others = tracksOf(at).filter(
      (one) => one.video_id !== at.video_id || one.track_id !== at.track_id,
    );
    const put = (more: readonly Judgement[]) => {
      const said = here.filter((one) => one.first_frame !== but);
      earlier.value = latest([...more, ...said]);
    };
    if (others.length === 0) {
      put([]);
      return;
    }
    const ids = [...new Set(others.map((one) => one.video_id))];
    const isOther = (one: Judgement) =>
      others.some((t) => t.video_id === one.video_id && t.track_id === one.track_id);
    // Only a help: what cannot be fetched is not shown.
    Promise.all(ids.map((id) => judgementsOf(id).catch(() => []))).then((found) => {
      if (mine === asked) put(found.flat().filter(isOther));
    });
  });
}
