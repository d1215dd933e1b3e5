/** Stands for the queue card while a contact sheet is open: which faces, what Enter does. */

import { cropUrl } from '../api/client';
import { number, t } from '../i18n';
import { valueParts } from '../i18n/names';
import { accept } from '../state/actions';
import { draft } from '../state/draftValue';
import { dimensions } from '../state/session';
import { notSeenOnSheet, sheetAnnotation } from '../state/sheetDesk';
import { markSheetPictured, sheetFaces } from '../state/sheetFaces';
import { sideSheet } from '../state/ui';
import { ActionButton } from './Key';
import { Picture } from './Picture';

const MOST_PICTURES = 5;
const CROP = 128;

export function SheetCard() {
  const cells = sheetFaces.value?.cells ?? [];
  const more = cells.length - MOST_PICTURES;
  return (
    <section
      id="judge"
      class="card sheet-card"
      aria-label={t('sheetCard.label')}
      data-testid="sheet-card"
      data-seen={notSeenOnSheet.value === null}
    >
      <p class="position" data-testid="sheet-card-count">
        <b>{t('sheetCard.faces', { n: cells.length })}</b>
      </p>
      <div class="sheet-card-faces">
        {cells.slice(0, MOST_PICTURES).map((cell) => (
          <Picture
            key={`${cell.video_id} ${cell.track_id} ${cell.frame}`}
            src={cropUrl(cell.video_id, cell.track_id, cell.frame, CROP)}
            alt=""
            width="56"
            height="56"
            onLoad={() => markSheetPictured(cell)}
          />
        ))}
        {more > 0 && <span class="muted">+{number(more)}</span>}
      </div>
      <Plan n={cells.length} />
      <div class="sheet-card-does">
        <ActionButton
          action="accept"
          label={t('sheet.save', { n: cells.length })}
          class="button primary"
          onPress={accept}
          disabled={
            !sheetAnnotation.value ||
            cells.length === 0 ||
            notSeenOnSheet.value !== null
          }
          testid="sheet-save"
          showKey
        />
        <ActionButton
          action="close"
          label={t('sheetCard.back')}
          onPress={() => {
            sideSheet.value = null;
          }}
          testid="sheet-back"
        />
      </div>
    </section>
  );
}

/** Says beforehand what Enter does. */
function Plan({ n }: { n: number }) {
  const given = sheetAnnotation.value;
  const why = notSeenOnSheet.value;
  if (!given || n === 0 || why) {
    return (
      <p class="plan muted" data-testid="sheet-plan">
        {given && n > 0 && why ? t(why.key, why.params) : t('sheetCard.nothing')}
      </p>
    );
  }
  const parts = valueParts(given.value ?? [], given.expression, dimensions.value);
  const doubt = draft.value.unsure ? [t('bar.unsure')] : [];
  return (
    <p class="plan" data-testid="sheet-plan">
      {t('sheetCard.willSave', { what: [...parts, ...doubt].join(' · '), n })}
    </p>
  );
}
