/** Messages in a corner, and changes that the server did not take. */

import { sentences, t } from '../i18n';
import type { Refused } from '../outbox';
import { dismissNotice, notices } from '../state/announcements';
import { outboxSignal } from '../state/changes';
import { Icon } from './Icon';
import { keepFocus } from './Key';

export function Announcements() {
  return (
    <div class="notices">
      <RefusedList />
      <ul class="notice-list" aria-live="polite" aria-label={t('notices.label')}>
        {notices.value.map((notice) => (
          <li
            key={notice.id}
            class="notice"
            data-kind={notice.kind}
            data-testid="notice"
          >
            <span>{t(notice.key, notice.params)}</span>
            {notice.show && (
              <button
                type="button"
                class="button small"
                data-testid="notice-show"
                onMouseDown={keepFocus}
                onClick={() => {
                  dismissNotice(notice.id);
                  notice.show?.();
                }}
              >
                {t('notice.show')}
              </button>
            )}
            <button
              type="button"
              class="icon-button"
              aria-label={t('notice.dismiss')}
              onClick={() => dismissNotice(notice.id)}
            >
              <Icon name="close" />
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function sentence({ change, maybeSaved, sentence }: Refused): string {
  const why = maybeSaved ? sentences(sentence, t('refused.maybeSaved')) : sentence;
  const what = t(`refused.kind.${change.kind}`);
  const { video_id, first_frame } = change.body;
  if (typeof video_id !== 'string' || typeof first_frame !== 'number') {
    return t('refused.plain', { what, why });
  }
  return t('refused.at', { what, why, video: video_id, frame: first_frame });
}

function RefusedList() {
  const box = outboxSignal.value;
  const refused = box?.refused.value ?? [];
  if (!box || refused.length === 0) return null;
  return (
    <section class="refused" role="alert" data-testid="refused">
      <h2>{t('refused.title', { n: refused.length })}</h2>
      <ul>
        {refused.map((one) => (
          <li key={one.change.client_id}>
            <span>{sentence(one)}</span>
            <button
              type="button"
              class="button small"
              onClick={() => box.dismiss(one.change.client_id)}
            >
              {t('refused.dismiss')}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
