/** One thread of comments: who said what, a reply, and that it is settled. */

import { useSignal } from '@preact/signals';
import type { FrameComment } from '../api/types';
import { language, t } from '../i18n';
import { Fault } from '../panels/Panel';
import { sendChange, useIsOpen } from '../panels/send';
import { outbox } from '../state/changes';
import { session } from '../state/session';
import { Composer } from './Composer';
import { isOpen, loadComments, replyTo, settle, type Thread } from './comments';
import { nameOf } from './team';

export function ThreadView({ thread }: { thread: Thread }) {
  const replies = useSignal(false);
  const fault = useSignal<string | null>(null);
  const isHere = useIsOpen();
  const open = isOpen(thread);
  const turn = async () => {
    const change = settle(thread, open);
    const done = await sendChange((one) => outbox().ask(one), change, isHere);
    fault.value = done.fault;
    await loadComments().catch(() => undefined);
  };
  return (
    <article
      class="thread"
      aria-label={t('comments.by', { name: nameOf(thread.root.rater_id) })}
      data-open={open}
      data-testid="thread"
    >
      {[thread.root, ...thread.replies].map((one) => (
        <CommentText key={one.event_id} one={one} />
      ))}
      <div class="thread-actions">
        <button
          type="button"
          class="button small"
          aria-expanded={replies.value}
          data-testid="reply"
          onClick={() => {
            replies.value = !replies.value;
          }}
        >
          {t('comments.reply')}
        </button>
        <button
          type="button"
          class="button small"
          data-testid="settle"
          onClick={() => void turn()}
        >
          {t(open ? 'comments.settle' : 'comments.openAgain')}
        </button>
      </div>
      {replies.value && (
        <Composer
          label={t('comments.replyTo', { name: nameOf(thread.root.rater_id) })}
          say={(words) => replyTo(thread, words)}
          takesFocus
          onDone={() => {
            replies.value = false;
          }}
        />
      )}
      <Fault text={fault.value} />
    </article>
  );
}

function CommentText({ one }: { one: FrameComment }) {
  const format = new Intl.DateTimeFormat(language.value, {
    dateStyle: 'short',
    timeStyle: 'short',
  });
  const mine = one.rater_id === session.value?.rater;
  return (
    <div class="words">
      <p class="words-head">
        <b>{mine ? t('comments.you') : nameOf(one.rater_id)}</b>
        <span class="muted">
          {one.is_question && `${t('comments.question')} · `}
          {format.format(new Date(one.at))}
        </span>
      </p>
      <p class="words-text" lang="" dir="auto">
        {one.text}
      </p>
    </div>
  );
}
