/** A field for a comment; @ calls somebody by name. */

import { useSignal } from '@preact/signals';
import { useEffect, useId, useLayoutEffect, useRef } from 'preact/hooks';
import { t } from '../i18n';
import { isWriting } from '../keys';
import { Fault } from '../panels/Panel';
import type { NewChange } from '../panels/send';
import { sendChange, useIsOpen } from '../panels/send';
import { outbox } from '../state/changes';
import { calledIn, loadComments, nameBegun, type Remark } from './comments';
import { callable, loadTeam } from './team';

interface ComposerProps {
  label: string;
  /** The change that brings the words. */
  say: (words: Remark) => NewChange;
  /** Whether one may say that it is a question; a reply is none by itself. */
  asks?: boolean;
  /** Whether it is a question unless one says otherwise. */
  isQuestion?: boolean;
  takesFocus?: boolean;
  /** Remark are there, or none any more. */
  onBegun?: (has: boolean) => void;
  onDone?: () => void;
}

const MOST = 6;

export function Composer(props: ComposerProps) {
  const { label, say, asks = false, isQuestion = false, onDone } = props;
  const field = useRef<HTMLInputElement>(null);
  const text = useSignal('');
  const question = useSignal(isQuestion);
  const called = useSignal<ReadonlySet<string>>(new Set());
  const begun = useSignal<string | null>(null);
  const at = useSignal(0);
  const fault = useSignal<string | null>(null);
  const isSending = useSignal(false);
  const isOpen = useIsOpen();
  const id = useId();
  useLayoutEffect(() => {
    // Before the next key: it is a word of the comment, and no key of the page.
    if (props.takesFocus) field.current?.focus();
  }, []);
  useEffect(() => void loadTeam().catch(() => undefined), []);

  const wanted = begun.value?.toLowerCase() ?? null;
  const fitting =
    wanted === null
      ? []
      : callable()
          .filter((one) => one.name.toLowerCase().includes(wanted))
          .slice(0, MOST);
  const chosen = fitting[Math.min(at.value, fitting.length - 1)];

  const look = () => {
    const { value = '', selectionStart } = field.current ?? {};
    if ((value === '') !== (text.value === '')) props.onBegun?.(value !== '');
    text.value = value;
    begun.value = nameBegun(value, selectionStart ?? value.length);
    at.value = 0;
  };
  const take = (one: (typeof fitting)[number]) => {
    const box = field.current;
    if (!box || begun.value === null) return;
    const end = box.selectionStart ?? box.value.length;
    const start = end - begun.value.length;
    const named = `${text.value.slice(0, start)}${one.name} `;
    box.value = named + text.value.slice(end);
    box.setSelectionRange(named.length, named.length);
    box.focus();
    called.value = new Set([...called.value, one.rater_id]);
    look();
  };
  const send = async () => {
    const words = text.value.trim();
    if (words === '' || isSending.value) return;
    isSending.value = true;
    const mentions = calledIn(words, called.value);
    const made = say({ text: words, is_question: question.value, mentions });
    const done = await sendChange((one) => outbox().ask(one), made, isOpen);
    isSending.value = false;
    fault.value = done.fault;
    if (done.fault !== null) return;
    text.value = '';
    props.onBegun?.(false);
    called.value = new Set();
    await loadComments().catch(() => undefined);
    onDone?.();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (isWriting(event)) return;
    const turns = { ArrowDown: 1, ArrowUp: fitting.length - 1 }[event.key];
    if (chosen && turns !== undefined) {
      at.value = (fitting.indexOf(chosen) + turns) % fitting.length;
    } else if (chosen && (event.key === 'Enter' || event.key === 'Tab')) {
      take(chosen);
    } else if (event.key === 'Enter') {
      void send();
    } else if (event.key === 'Escape') {
      if (chosen) begun.value = null;
      else {
        field.current?.blur();
        onDone?.();
      }
      event.stopPropagation();
    } else return;
    event.preventDefault();
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <input
        type="text"
        ref={field}
        class="input"
        maxLength={2000}
        role="combobox"
        aria-label={label}
        aria-autocomplete="list"
        aria-expanded={chosen !== undefined}
        aria-controls={`${id}-names`}
        aria-activedescendant={chosen ? `${id}-${chosen.rater_id}` : undefined}
        placeholder={t('comments.hint')}
        data-testid="composer"
        value={text.value}
        onInput={look}
        onKeyDown={onKeyDown}
      />
      <div
        id={`${id}-names`}
        class="composer-names"
        role="listbox"
        aria-label={t('comments.names')}
        hidden={!chosen}
      >
        {fitting.map((one) => (
          <div
            key={one.rater_id}
            id={`${id}-${one.rater_id}`}
            role="option"
            tabIndex={-1}
            aria-selected={one === chosen}
            onMouseDown={(event) => {
              event.preventDefault(); // the field keeps the focus
              take(one);
            }}
          >
            {one.name}
          </div>
        ))}
      </div>
      <div class="composer-end">
        {asks && (
          <label class="choice">
            <input
              type="checkbox"
              checked={question.value}
              data-testid="is-question"
              onChange={(event) => {
                question.value = event.currentTarget.checked;
              }}
            />
            {t('comments.isQuestion')}
          </label>
        )}
        <button
          type="submit"
          class="button small primary"
          disabled={text.value.trim() === '' || isSending.value}
          data-testid="send-comment"
        >
          {t('comments.send')}
        </button>
      </div>
      <Fault text={fault.value} />
    </form>
  );
}
