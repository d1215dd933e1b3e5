/** A value for one face of the sheet, or for all that are selected. */

import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Dimension } from '../api/types';
import { t } from '../i18n';
import { dimensionName } from '../i18n/names';
import { formatValue, middleOf, snapped, stepOf, type Value } from '../lib/value';

interface EditorProps {
  dimensions: readonly Dimension[];
  /** Number of faces that get the value. */
  n: number;
  start: Value;
  onSave: (value: Value) => void;
  onCancel: () => void;
}

export function ValueEditor({ dimensions, n, start, onSave, onCancel }: EditorProps) {
  const [value, setValue] = useState(() =>
    dimensions.map((one, d) => start[d] ?? middleOf(one)),
  );
  const first = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => first.current?.focus(), []);

  function put(d: number, to: (before: number) => number) {
    setValue((before) =>
      before.map((old, i) =>
        i === d ? snapped(to(old), dimensions[d] as Dimension) : old,
      ),
    );
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === 'Escape') onCancel();
    else if (event.key === 'Enter') onSave(value);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function onArrow(event: KeyboardEvent, dimension: Dimension, d: number) {
    const up = event.key === 'ArrowUp';
    if (!up && event.key !== 'ArrowDown') return;
    event.preventDefault();
    const by = (up ? 1 : -1) * stepOf(dimension, event.shiftKey);
    put(d, (before) => before + by);
  }

  return (
    <fieldset
      class="value-editor"
      aria-label={t('sheet.editor', { n })}
      data-testid="sheet-editor"
      onKeyDown={onKeyDown}
    >
      <strong>{t('sheet.editor', { n })}</strong>
      {dimensions.map((one, d) => (
        <label key={one.name} class={`value-field of-dimension-${d % 6}`}>
          <span>{dimensionName(one)}</span>
          <input
            ref={d === 0 ? first : undefined}
            type="range"
            min={one.low}
            max={one.high}
            step={stepOf(one)}
            value={value[d]}
            aria-valuetext={formatValue(value[d], one)}
            data-testid={`sheet-${one.name}`}
            onInput={(event) => {
              const typed = Number(event.currentTarget.value);
              put(d, () => typed);
            }}
            onKeyDown={(event) => onArrow(event, one, d)}
          />
          <output>{formatValue(value[d], one)}</output>
        </label>
      ))}
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
