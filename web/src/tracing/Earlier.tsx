/** What this rater has given of the face on screen before, with its lags. */

import { getTraces } from '../api/client';
import type { RatedTrace } from '../api/types';
import { number, t } from '../i18n';
import { laneName } from '../i18n/names';
import { useLoaded } from '../panels/useLoaded';
import { latestEvent } from '../state/live';
import { place } from '../state/selection';
import { dimensions, session } from '../state/session';
import { LagInput } from './LagInput';
import { changeLagOf } from './sending';

export function Earlier() {
  const of = place.value;
  const { value: all } = useLoaded(
    async () => (of ? await getTraces(of.video_id) : []),
    [of?.video_id, latestEvent.value],
  );
  const mine = (all ?? []).filter(
    (one) => one.track_id === of?.track_id && one.rater === session.value?.rater,
  );
  if (mine.length === 0) return null;
  return (
    <section class="trace-earlier" data-testid="trace-earlier">
      <h3>{t('tracing.earlier')}</h3>
      <ul>
        {mine.map((one) => (
          <li key={one.event_id}>
            <span>{textOf(one)}</span>
            <LagInput
              lag_s={one.lag?.lag_s ?? 0}
              label={t('tracing.lag')}
              testid={`trace-earlier-lag-${one.event_id}`}
              onGive={(lag_s) => void changeLagOf(one.event_id, lag_s)}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}

function textOf({ dimensions: names, time_s }: RatedTrace): string {
  const what = dimensions.value.filter(({ name }) => names.includes(name));
  const seconds = (time_s.at(-1) ?? 0) - (time_s[0] ?? 0);
  return t('tracing.earlierOne', {
    what: what.map(laneName).join(' + '),
    seconds: number(seconds, 1),
  });
}
