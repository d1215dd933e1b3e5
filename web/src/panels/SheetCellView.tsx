/** One face of the contact sheet. */

import { useState } from 'preact/hooks';
import { cropUrl } from '../api/client';
import type { SheetCell } from '../api/types';
import { Picture } from '../components/Picture';
import { surely, t } from '../i18n';
import { letterName, valueParts } from '../i18n/names';
import { clock } from '../lib/format';
import { hasValue } from '../lib/value';
import { dimensions } from '../state/session';
import { type Annotation, markSheetPictured } from '../state/sheetFaces';
import { annotationOf } from './sheetJudgements';

interface CellProps {
  cell: SheetCell;
  index: number;
  focused: boolean;
  selected: boolean;
  /** Given here just now; goes over what the server knows. */
  here: Annotation | undefined;
  /** Show the prediction. */
  model: boolean;
  onFocus: (index: number) => void;
  onToggle: (index: number) => void;
  onOpen: (index: number) => void;
}

export const CROP = 128;

/** Parts that may stand in two lines. */
const Parts = ({ parts }: { parts: string[] }) => (
  <>
    {parts.map((part) => (
      <span key={part}>{part}</span>
    ))}
  </>
);

function PredictionParts({ cell: { prediction } }: { cell: SheetCell }) {
  if (!prediction || !hasValue(prediction.value)) {
    return <span class="sheet-model">{t('sheet.noModel')}</span>;
  }
  const { value, confidence } = prediction;
  return (
    <span class="sheet-model">
      <Parts parts={valueParts(value, null, dimensions.value, letterName)} />
      {confidence !== null && <span>{surely(confidence)}</span>}
    </span>
  );
}

/** While the server cuts the face out, and where it cannot, words stand in its place. */
type PictureState = 'loading' | 'there' | 'lost';
const waitText = (state: PictureState) =>
  state === 'there' ? '' : t(state === 'lost' ? 'sheet.noPicture' : 'sheet.loading');

function CellPicture(props: {
  cell: SheetCell;
  state: PictureState;
  setState: (now: PictureState) => void;
}) {
  const { cell, state, setState } = props;
  return (
    <>
      {state !== 'there' && (
        <span class="sheet-wait" data-testid="sheet-wait">
          {waitText(state)}
        </span>
      )}
      <Picture
        src={cropUrl(cell.video_id, cell.track_id, cell.frame, CROP)}
        alt=""
        width={CROP}
        height={CROP}
        loading="lazy"
        draggable={false}
        onLoad={() => {
          setState('there');
          markSheetPictured(cell);
        }}
        onError={() => setState('lost')}
      />
    </>
  );
}

export function SheetCellView(props: CellProps) {
  const { cell, index, focused, selected, here } = props;
  const { value, expression } = annotationOf(cell, here);
  const parts = valueParts(value, expression, dimensions.value, letterName);
  const text = valueParts(value, expression, dimensions.value).join(t('history.comma'));
  const place = t('sheet.cell', {
    video: cell.video_id,
    frame: cell.frame,
    time: clock(cell.time_s, 1),
  });
  const [state, setState] = useState<PictureState>('loading');
  // What can be seen is in the name: whoever speaks to the page says what they see.
  const wait = waitText(state);
  const name = text ? t('sheet.labelled', { place, value: text }) : place;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list box takes the keys.
    <div
      role="option"
      id={`sheet-cell-${index}`}
      class={`sheet-cell${text ? ' is-labelled' : ''}`}
      aria-selected={selected}
      aria-label={wait ? `${name}${t('history.comma')}${wait}` : name}
      title={place}
      tabIndex={focused ? 0 : -1}
      data-testid={`sheet-cell-${index}`}
      onFocus={() => props.onFocus(index)}
      onClick={() => props.onToggle(index)}
      onDblClick={() => props.onOpen(index)}
    >
      <CellPicture cell={cell} state={state} setState={setState} />
      <span class="sheet-tick" aria-hidden="true">
        {selected ? '✓' : ''}
      </span>
      {text && (
        <span class="sheet-annotation">
          <Parts parts={parts} />
        </span>
      )}
      {props.model && <PredictionParts cell={cell} />}
    </div>
  );
}
