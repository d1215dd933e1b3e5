/** Nothing left to judge: what was done, and what could come next. */

import { getDone } from '../api/client';
import { number, t, thresholdText } from '../i18n';
import { useLoaded } from '../panels/useLoaded';
import { chooseVideo } from '../state/actions';
import { opens } from '../state/allowed';
import { threshold } from '../state/session';
import { type SideSheet, toggleSheet } from '../state/ui';
import { onlyVideo, videos } from '../state/videos';
import { keepFocus } from './Key';

const STEPS: readonly SideSheet[] = ['export', 'threshold', 'videos'];

export function EndOfQueue() {
  const only = onlyVideo.value;
  const { value: done } = useLoaded(() => getDone(only), [only]);
  const others = videos.value.filter(
    (v) => v.video_id !== only && (v.n_suggested > 0 || (v.n_pending ?? 0) > 0),
  );
  return (
    <div class="card-item nothing end" data-testid="queue-empty">
      <p class="reason">{t('card.empty')}</p>
      {done && done.decisions > 0 && (
        <p data-testid="queue-done">
          {t(done.seconds >= 30 ? 'card.doneIn' : 'card.doneOf', {
            n: done.decisions,
            count: number(done.decisions),
            minutes: number(Math.max(1, Math.round(done.seconds / 60))),
          })}
        </p>
      )}
      <p class="muted">
        {t('card.emptyText', { threshold: thresholdText(threshold.value) })}
      </p>
      <div class="end-steps">
        {STEPS.filter(opens).map((name) => (
          <button
            key={name}
            type="button"
            class={name === 'export' ? 'button primary' : 'button'}
            data-testid={`end-${name}`}
            onMouseDown={keepFocus}
            onClick={() => {
              if (name === 'videos' && only !== null && others.length > 0) {
                void chooseVideo(null);
              } else toggleSheet(name);
            }}
          >
            {t(`card.next.${name}`)}
          </button>
        ))}
      </div>
    </div>
  );
}
