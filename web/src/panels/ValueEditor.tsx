/** Valence and arousal for one face of the sheet, or for all that are selected. */

import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Dimension } from '../api/types';
import { t } from '../i18n';
import { signed } from '../timeline/Readout';

export interface Value {
  valence: number;
  arousal: number;
}

interface EditorProps {
  /** Number of faces that get the value. */
  n: number;
  start: Value;
  onSave: (value: Value) => void;
  onCancel: () => void;
}

const STEP = 0.05;
const FAR = 0.2;

const kept = (value: number) =>
  Math.round(Math.min(1, Math.max(-1, value)) * 100) / 100 + 0;

export function ValueEditor({ n, start, onSave, onCancel }: EditorProps) {
  const [value, setValue] = useState(start);
  const first = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => first.current?.focus(), []);

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === 'Escape') onCancel();
    else if (event.key === 'Enter') onSave(value);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function onArrow(event: KeyboardEvent, dimension: Dimension) {
    const up = event.key === 'ArrowUp';
    if (!up && event.key !== 'ArrowDown') return;
    event.preventDefault();
    const by = (up ? 1 : -1) * (event.shiftKey ? FAR : STEP);
    setValue((before) => ({ ...before, [dimension]: kept(before[dimension] + by) }));
  }

  const field = (dimension: Dimension) => (
    <label class={`value-field of-${dimension}`}>
      <span>{t(`timeline.${dimension}`)}</span>
      <input
        ref={dimension === 'valence' ? first : undefined}
        type="range"
        min={-1}
        max={1}
        step={STEP}
        value={value[dimension]}
        aria-valuetext={signed(value[dimension])}
        data-testid={`sheet-${dimension}`}
        onInput={(event) =>
          setValue({ ...value, [dimension]: kept(Number(event.currentTarget.value)) })
        }
        onKeyDown={(event) => onArrow(event, dimension)}
      />
      <output>{signed(value[dimension])}</output>
    </label>
  );

  return (
    <fieldset
      class="value-editor"
      aria-label={t('sheet.editor', { n })}
      data-testid="sheet-editor"
      onKeyDown={onKeyDown}
    >
      <strong>{t('sheet.editor', { n })}</strong>
      {field('valence')}
      {field('arousal')}
      <button
        type="button"
        class="panel-button primary"
        data-testid="sheet-save"
        onClick={() => onSave(value)}
      >
        {t('sheet.save', { n })}
      </button>
      <button type="button" class="panel-button" onClick={onCancel}>
        {t('sheet.cancel')}
      </button>
    </fieldset>
  );
}
