/** One face of the contact sheet. */

import { cropUrl } from '../api/client';
import type { SheetCell } from '../api/types';
import { percent, t } from '../i18n';
import { clock } from '../timeline/window';
import type { Said } from './said';
import { valueParts, valueText } from './sentences';

interface CellProps {
  cell: SheetCell;
  index: number;
  focused: boolean;
  selected: boolean;
  /** Said here just now; goes over what the server knows. */
  said: Said | undefined;
  /** Show the model's value. */
  model: boolean;
  onFocus: (index: number) => void;
  onToggle: (index: number) => void;
  onOpen: (index: number) => void;
}

export const CROP = 128;

/** What is on record of a face. */
export function labelText(cell: SheetCell, said: Said | undefined): string {
  return valueText({ ...cell.label, ...said });
}

/** A value as short words that may stand in two lines. */
function Words({ said }: { said: Parameters<typeof valueParts>[0] }) {
  return (
    <>
      {valueParts(said).map((part) => (
        <span key={part}>{part}</span>
      ))}
    </>
  );
}

function ModelWords({ cell: { estimate } }: { cell: SheetCell }) {
  if (!estimate || estimate.valence === null) {
    return <span class="sheet-model">{t('sheet.noModel')}</span>;
  }
  const { valence, arousal, confidence } = estimate;
  return (
    <span class="sheet-model">
      <Words said={{ valence, arousal }} />
      {confidence !== null && <span>{percent(confidence)}</span>}
    </span>
  );
}

export function SheetCellView(props: CellProps) {
  const { cell, index, focused, selected, said } = props;
  const words = labelText(cell, said);
  const place = t('sheet.cell', {
    video: cell.video_id,
    frame: cell.frame,
    time: clock(cell.time_s, 1),
  });
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list box takes the keys.
    <div
      role="option"
      id={`sheet-cell-${index}`}
      class={`sheet-cell${words ? ' is-labelled' : ''}`}
      aria-selected={selected}
      aria-label={words ? t('sheet.labelled', { place, value: words }) : place}
      title={place}
      tabIndex={focused ? 0 : -1}
      data-testid={`sheet-cell-${index}`}
      onFocus={() => props.onFocus(index)}
      onClick={() => props.onToggle(index)}
      onDblClick={() => props.onOpen(index)}
    >
      <img
        src={cropUrl(cell.video_id, cell.track_id, cell.frame, CROP)}
        alt=""
        width={CROP}
        height={CROP}
        loading="lazy"
        draggable={false}
      />
      <span class="sheet-tick" aria-hidden="true">
        {selected ? '✓' : ''}
      </span>
      {words && (
        <span class="sheet-said">
          <Words said={{ ...cell.label, ...said }} />
        </span>
      )}
      {props.model && <ModelWords cell={cell} />}
    </div>
  );
}
