/** The values of the project as a file. */

import { useSignal } from '@preact/signals';
import { exportUrl } from '../api/client';
import { OpenAudits, overdueText, useAudits } from '../audits/OverdueNote';
import { CalibrationLine } from '../data/CalibrationLine';
import { t } from '../i18n';
import { Panel } from '../panels/Panel';
import { onlyVideo } from '../state/videos';

const FORMATS = ['csv', 'jsonl', 'parquet'] as const;
const LAYERS = ['final', 'human', 'model'] as const;
/** File formats are named alike in all languages. */
const FORMAT_NAMES = { csv: 'CSV', jsonl: 'JSON Lines', parquet: 'Parquet' } as const;

export function ExportSheet() {
  const format = useSignal<(typeof FORMATS)[number]>('csv');
  const layer = useSignal<(typeof LAYERS)[number]>('final');
  const anyway = useSignal(false);
  const audits = useAudits();
  // What people said is theirs, whatever an audit of the model's values finds.
  const isBlocked = audits?.due.blocks_export === true && layer.value !== 'human';
  return (
    <Panel name="export" title={t('sheet.export')}>
      <p>{t('export.intro')}</p>
      <fieldset>
        <legend>{t('export.layer')}</legend>
        {LAYERS.map((name) => (
          <label key={name} class="choice">
            <input
              type="radio"
              name="layer"
              checked={layer.value === name}
              onChange={() => {
                layer.value = name;
              }}
            />
            {t(`export.layer.${name}`)}
          </label>
        ))}
      </fieldset>
      <fieldset>
        <legend>{t('export.format')}</legend>
        {FORMATS.map((name) => (
          <label key={name} class="choice">
            <input
              type="radio"
              name="format"
              checked={format.value === name}
              onChange={() => {
                format.value = name;
              }}
            />
            {FORMAT_NAMES[name]}
          </label>
        ))}
      </fieldset>
      <p>
        {t('export.of')}: <b>{onlyVideo.value ?? t('videos.all')}</b>
      </p>
      {layer.value !== 'human' && <CalibrationLine />}
      {audits && isBlocked && (
        <div class="audit-note-overdue" role="status" data-testid="export-blocked">
          <p>{overdueText(audits)}</p>
          <OpenAudits />
          <label class="choice">
            <input
              type="checkbox"
              checked={anyway.value}
              data-testid="export-anyway"
              onChange={(event) => {
                anyway.value = event.currentTarget.checked;
              }}
            />
            {t('audits.exportAnyway')}
          </label>
        </div>
      )}
      {isBlocked && !anyway.value ? (
        <button type="button" class="button primary" disabled data-testid="export">
          {t('export.download')}
        </button>
      ) : (
        <a
          class="button primary"
          href={exportUrl(
            format.value,
            layer.value,
            onlyVideo.value ?? undefined,
            isBlocked,
          )}
          download
          data-testid="export"
        >
          {t('export.download')}
        </a>
      )}
    </Panel>
  );
}
