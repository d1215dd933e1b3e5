/** Own earlier words on this person, so that one can stay consistent with oneself. */

import { cropUrl } from '../api/client';
import { t } from '../i18n';
import { valueParts } from '../i18n/names';
import { openFrame } from '../state/actions';
import { earlier } from '../state/earlier';
import { item } from '../state/queue';
import { dimensions } from '../state/session';
import { keepFocus } from './Key';
import { Picture } from './Picture';

const SIDE = 36;

export function EarlierFaces() {
  if (earlier.value.length === 0) {
    // Their place is kept: nothing may move under the hand when the first one comes.
    return item.value && <p class="earlier muted">{t('earlier.none')}</p>;
  }
  return (
    <ul class="earlier" aria-label={t('earlier.label')} data-testid="earlier">
      {earlier.value.map((one) => {
        const { video_id, track_id, first_frame } = one;
        const parts = valueParts(one.value, one.expression, dimensions.value);
        const value = parts.join(' ');
        const where = t('earlier.show', { frame: first_frame, video: video_id, value });
        return (
          <li key={`${video_id}/${track_id}/${first_frame}`}>
            <button
              type="button"
              class="earlier-face"
              title={where}
              aria-label={where}
              onMouseDown={keepFocus}
              onClick={() => openFrame(video_id, track_id, first_frame)}
            >
              {/* As large as on the card, where it was a moment ago: it is there. */}
              <Picture
                src={cropUrl(video_id, track_id, first_frame)}
                alt=""
                width={SIDE}
                height={SIDE}
                loading="lazy"
                fetchPriority="low"
              />
              <span>
                {one.value.map((v) => (v === null ? '·' : signed(v))).join('/') ||
                  value}
              </span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}

/** As short as can be read at a glance; the whole stands in the title. */
const signed = (v: number) =>
  `${v < 0 ? '\u2212' : '+'}${Math.abs(v).toFixed(2).replace(/^0/, '')}`;
