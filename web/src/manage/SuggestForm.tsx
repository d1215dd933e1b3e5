/** Which frames to label first: how many, and of which videos. */

import { useSignal } from '@preact/signals';
import { suggestFrames } from '../api/client';
import type { SuggestRequest } from '../api/types';
import { t } from '../i18n';
import { sentenceOf } from '../i18n/faults';
import { Fault } from '../panels/Panel';
import { onlyVideo, videos } from '../state/videos';
import { onJob } from './jobs';

export const PER_CLIP = 5;
const TOTAL = 50;
const MOST = 100_000;

type HowMany = 'perClip' | 'total';
type Which = 'all' | 'new' | 'chosen';

/** What the form asks for; null while it says nothing that can be asked for. */
export function asked(
  howMany: HowMany,
  n: number,
  which: Which,
  chosen: readonly string[],
): Partial<SuggestRequest> | null {
  if (!Number.isInteger(n) || n < 1 || n > MOST) return null;
  if (which === 'chosen' && chosen.length === 0) return null;
  return {
    ...(howMany === 'perClip' ? { labels_per_clip: n } : { total: n }),
    ...(which === 'chosen' ? { videos: [...chosen] } : {}),
    is_new_only: which === 'new',
  };
}

export function SuggestForm({ onDone }: { onDone: () => void }) {
  const howMany = useSignal<HowMany>('perClip');
  const text = useSignal(String(PER_CLIP));
  const which = useSignal<Which>(onlyVideo.value === null ? 'all' : 'chosen');
  const chosen = useSignal<readonly string[]>(
    onlyVideo.value === null ? [] : [onlyVideo.value],
  );
  const fault = useSignal<string | null>(null);
  const request = asked(howMany.value, Number(text.value), which.value, chosen.value);
  const go = async () => {
    if (!request) return;
    fault.value = null;
    try {
      onJob(await suggestFrames(request));
      onDone();
    } catch (error) {
      fault.value = sentenceOf(error);
    }
  };
  return (
    <form
      class="manage-part"
      aria-label={t('suggest.label')}
      data-testid="suggest-form"
      onSubmit={(event) => {
        event.preventDefault();
        void go();
      }}
    >
      <p class="muted small">{t('suggest.hint')}</p>
      <div class="manage-row">
        <input
          class="input manage-number"
          inputMode="numeric"
          aria-label={t('suggest.number')}
          value={text.value}
          data-testid="suggest-number"
          onInput={(event) => {
            text.value = event.currentTarget.value;
          }}
        />
        <select
          class="select"
          aria-label={t('suggest.howMany')}
          value={howMany.value}
          data-testid="suggest-how"
          onChange={(event) => {
            const now = event.currentTarget.value === 'total' ? 'total' : 'perClip';
            const usual = now === 'total' ? TOTAL : PER_CLIP;
            howMany.value = now;
            text.value = String(usual);
          }}
        >
          <option value="perClip">{t('suggest.perClip')}</option>
          <option value="total">{t('suggest.total')}</option>
        </select>
      </div>
      <fieldset>
        <legend>{t('suggest.which')}</legend>
        {(['all', 'new', 'chosen'] as const).map((name) => (
          <label key={name} class="choice">
            <input
              type="radio"
              name="suggest-which"
              checked={which.value === name}
              data-testid={`suggest-${name}`}
              onChange={() => {
                which.value = name;
              }}
            />
            <span>{t(`suggest.which.${name}`)}</span>
          </label>
        ))}
        {which.value === 'chosen' && (
          <div class="media-list">
            {videos.value.map(({ video_id }) => (
              <label key={video_id} class="choice">
                <input
                  type="checkbox"
                  checked={chosen.value.includes(video_id)}
                  data-testid="suggest-video"
                  onChange={(event) => {
                    const others = chosen.value.filter((one) => one !== video_id);
                    chosen.value = event.currentTarget.checked
                      ? [...others, video_id]
                      : others;
                  }}
                />
                <span>{video_id}</span>
              </label>
            ))}
          </div>
        )}
      </fieldset>
      <div class="manage-row">
        <button
          type="submit"
          class="button small primary"
          disabled={!request}
          data-testid="suggest-go"
        >
          {t('suggest.go')}
        </button>
      </div>
      <Fault text={fault.value} />
    </form>
  );
}
