/** Labels from a table: looked at, mapped, tried, and brought in. */

import { useRef, useState } from 'preact/hooks';
import type { LabelsImported, Table } from '../api/types';
import { FileButton } from '../components/FileButton';
import { hasString, number, t } from '../i18n';
import { sentenceOf } from '../i18n/faults';
import { dimensionName } from '../i18n/names';
import { Fault, Panel } from '../panels/Panel';
import { dimensions } from '../state/session';
import { videos } from '../state/videos';
import {
  commandOf,
  importTable,
  type Mapping,
  NO_MAPPING,
  ourColumns,
  pairsOf,
  preview,
} from './importing';
import { Scrolling } from './Scrolling';
import './data.css';

interface State {
  file: File | null;
  mapping: Mapping;
  table: Table | null;
  made: LabelsImported | null;
  busy: boolean;
  fault: string | null;
}

const NOTHING: State = {
  file: null,
  mapping: NO_MAPPING,
  table: null,
  made: null,
  busy: false,
  fault: null,
};

function nameOf(column: string): string {
  const known = dimensions.value.find((one) => one.name === column);
  if (known) return dimensionName(known);
  const key = `import.name.${column}`;
  return hasString(key) ? t(key) : column;
}

export function ImportSheet() {
  const [state, setState] = useState<State>(NOTHING);
  const asked = useRef(0);
  /** As it is said by now; what is drawn may be older. */
  const latest = useRef<Mapping>(NO_MAPPING);
  const { file, mapping, table, made, busy, fault } = state;
  const pairs = pairsOf(mapping, dimensions.value);

  /** Looks at the table as it is to be read; the first time, as it is guessed to be. */
  async function look(file: File, wanted: Mapping, isFirst = false) {
    asked.current += 1;
    const mine = asked.current;
    latest.current = wanted;
    // An answer that comes late is to a question that nobody asks any more.
    const settle = (now: Partial<State>) => {
      if (mine === asked.current) setState((old) => ({ ...old, ...now, busy: false }));
    };
    setState((old) => ({
      ...old,
      file,
      mapping: wanted,
      made: null,
      busy: true,
      fault: null,
    }));
    try {
      let table = await preview(file, pairsOf(wanted, dimensions.value));
      const mapping = isFirst ? guessed(table) : wanted;
      const pairs = pairsOf(mapping, dimensions.value);
      if (isFirst && pairs.length > 0) table = await preview(file, pairs);
      if (mine === asked.current) latest.current = mapping;
      settle({ mapping, table });
    } catch (error) {
      settle({ fault: sentenceOf(error) });
    }
  }

  async function go() {
    if (!file) return;
    setState((now) => ({ ...now, busy: true, fault: null }));
    try {
      const made = await importTable(file, pairs);
      setState({ ...NOTHING, made });
    } catch (error) {
      setState((now) => ({ ...now, busy: false, fault: sentenceOf(error) }));
    }
  }

  return (
    <Panel name="import" title={t('sheet.import')}>
      <p class="panel-intro">{t('import.intro')}</p>
      <p class="file-choice">
        <FileButton
          label={t('import.file')}
          accept=".csv,.tsv,.txt,.xlsx"
          testid="import-file"
          disabled={busy}
          onChoose={(chosen) => {
            setState(NOTHING);
            void look(chosen, NO_MAPPING, true);
          }}
        />
        <span>{file?.name}</span>
      </p>
      <p role="status">{busy && t('import.reading')}</p>
      <Fault text={fault} />
      {made && <Done made={made} />}
      {file && table && (
        <>
          <Columns
            table={table}
            mapping={mapping}
            onChange={(next) => look(file, next(latest.current))}
          />
          <Videos
            table={table}
            mapping={mapping}
            onChange={(next) => look(file, next(latest.current))}
          />
          <Trial table={table} busy={busy} onGo={go} />
          <Rows table={table} />
          <p class="muted">{t('import.terminal')}</p>
          <code class="import-command">{commandOf(file.name, pairs)}</code>
        </>
      )}
    </Panel>
  );
}

/** What the columns may be, for the person to confirm by seeing it. */
function guessed(table: Table): Mapping {
  const columns = Object.fromEntries(
    ourColumns(dimensions.value).flatMap((name) => {
      const theirs = table.meant[name];
      return theirs ? [[name, theirs]] : [];
    }),
  );
  return { ...NO_MAPPING, columns };
}

interface PartProps {
  table: Table;
  mapping: Mapping;
  onChange: (next: (mapping: Mapping) => Mapping) => void;
}

function Columns({ table, mapping, onChange }: PartProps) {
  return (
    <fieldset>
      <legend>{t('import.columns')}</legend>
      {ourColumns(dimensions.value).map((name) => {
        const chosen = mapping.columns[name] ?? '';
        const choose = (theirs: string) =>
          onChange((mapping) => {
            const others = Object.entries(mapping.columns).filter(
              ([ours, column]) => ours !== name && column !== theirs,
            );
            const columns = Object.fromEntries(others);
            // A column of our own name that is not meant must be said to be none.
            if (theirs || table.columns.includes(name)) columns[name] = theirs;
            return { ...mapping, columns };
          });
        return (
          <div key={name} class="import-field">
            <label for={`import-${name}`}>{nameOf(name)}</label>
            <select
              id={`import-${name}`}
              class="input"
              value={chosen}
              data-testid={`import-column-${name}`}
              onChange={(event) => choose(event.currentTarget.value)}
            >
              <option value="">{t('import.none')}</option>
              {table.columns.map((column) => (
                <option key={column} value={column}>
                  {column}
                </option>
              ))}
            </select>
            {chosen && <Scale name={name} mapping={mapping} onChange={onChange} />}
          </div>
        );
      })}
    </fieldset>
  );
}

function Scale({
  name,
  mapping,
  onChange,
}: Omit<PartProps, 'table'> & { name: string }) {
  const one = dimensions.value.find((dimension) => dimension.name === name);
  // What is being typed stays, whatever the server answers meanwhile.
  const [text, setText] = useState(mapping.scales[name] ?? { low: '', high: '' });
  if (!one) return null;
  const keep = () => {
    const before = mapping.scales[name] ?? { low: '', high: '' };
    if (before.low === text.low && before.high === text.high) return;
    onChange((mapping) => ({
      ...mapping,
      scales: { ...mapping.scales, [name]: text },
    }));
  };
  return (
    <div class="import-scale">
      {(['low', 'high'] as const).map((end) => (
        <label key={end} class="import-end">
          <span aria-hidden="true">{t(`import.short.${end}`)}</span>
          <input
            class="input"
            inputMode="decimal"
            placeholder={String(one[end])}
            aria-label={t(`import.${end}`, { name: dimensionName(one) })}
            value={text[end]}
            data-testid={`import-${end}-${name}`}
            onInput={(event) => setText({ ...text, [end]: event.currentTarget.value })}
            onBlur={keep}
          />
        </label>
      ))}
    </div>
  );
}

function Videos({ table, mapping, onChange }: PartProps) {
  const open = table.videos.filter(
    (v) => v.video_id === null || v.name in mapping.videos,
  );
  if (open.length === 0) return null;
  return (
    <fieldset>
      <legend>{t('import.videos')}</legend>
      {open.map(({ name, n_rows }, i) => (
        <div key={name} class="import-field">
          <label for={`import-video-${i}`}>
            {t('import.videoRows', { name, n: n_rows })}
          </label>
          <select
            id={`import-video-${i}`}
            class="input"
            value={mapping.videos[name] ?? ''}
            data-testid={`import-video-${i}`}
            onChange={(event) => {
              const chosen = event.currentTarget.value;
              onChange((mapping) => ({
                ...mapping,
                videos: { ...mapping.videos, [name]: chosen },
              }));
            }}
          >
            <option value="">{t('import.choose')}</option>
            {videos.value.map(({ video_id }) => (
              <option key={video_id} value={video_id}>
                {video_id}
              </option>
            ))}
          </select>
        </div>
      ))}
    </fieldset>
  );
}

function Trial({
  table,
  busy,
  onGo,
}: {
  table: Table;
  busy: boolean;
  onGo: () => void;
}) {
  const { added, known, notes, fault } = table.trial;
  return (
    <div class="data-part" data-testid="import-trial">
      {fault !== null ? (
        <>
          <p>{t('import.refused')}</p>
          <p class="import-refusal" data-testid="import-refusal">
            {fault}
          </p>
        </>
      ) : (
        <p>{t('import.trial', { added, known: number(known) })}</p>
      )}
      <Notes notes={notes} />
      <button
        type="button"
        class="button primary"
        disabled={busy || fault !== null || added === 0}
        data-testid="import-go"
        onClick={onGo}
      >
        {t('import.go', { added })}
      </button>
    </div>
  );
}

function Notes({ notes }: { notes: readonly string[] }) {
  return (
    <>
      {notes.map((note) => (
        <p key={note} class="muted">
          {note}
        </p>
      ))}
    </>
  );
}

function Done({ made: { added, known, notes } }: { made: LabelsImported }) {
  return (
    <div role="status" data-testid="import-done">
      <p>
        <b>{t('import.done', { added, known: number(known) })}</b>
      </p>
      <p class="muted">{t('import.undo')}</p>
      <Notes notes={notes} />
    </div>
  );
}

function Rows({ table }: { table: Table }) {
  const label = t('import.rows', { n: table.n_rows, shown: number(table.rows.length) });
  return (
    <Scrolling label={label}>
      <p>{label}</p>
      <table class="data-table plain" data-testid="import-rows">
        <thead>
          <tr>
            <th scope="col">{t('import.row')}</th>
            {table.columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map(({ row, cells }) => (
            <tr key={row}>
              <th scope="row">{row}</th>
              {cells.map((cell, i) => (
                <td key={table.columns[i]}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scrolling>
  );
}
