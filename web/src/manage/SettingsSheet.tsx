/** Settings of the project in words; those that cannot be changed, and why. */

import { useEffect, useState } from 'preact/hooks';
import { changeSettings, getSettings } from '../api/client';
import type { Settings, SettingsRequest } from '../api/types';
import { number, t, thresholdText } from '../i18n';
import { sentenceOf } from '../i18n/faults';
import { Fault, Panel } from '../panels/Panel';
import { useLoaded } from '../panels/useLoaded';
import { Members } from '../people/Members';
import { sideSheet } from '../state/ui';
import { settingsRevision } from './jobs';
import './manage.css';

const CHANGEABLE = ['name', 'rater', 'tolerance', 'coverage', 'consensus'] as const;
/** How one value is made of several raters'. */
const POLICIES = ['mean', 'median', 'ewe', 'posterior'] as const;
type Name = (typeof CHANGEABLE)[number];
type Texts = Record<Name, string>;

const textsOf = (now: Settings): Texts => ({
  name: now.name,
  rater: now.rater,
  tolerance: String(now.tolerance),
  coverage: String(now.coverage),
  consensus: now.consensus,
});

const isNumber = (name: Name) => name === 'tolerance' || name === 'coverage';

/** What differs from what is in force; null where a field holds nothing of use. */
export function changes(texts: Texts, now: Settings): Partial<SettingsRequest> | null {
  const found: Record<string, string | number> = {};
  for (const name of CHANGEABLE) {
    const text = texts[name].trim();
    const value = isNumber(name) ? Number(text.replace(',', '.')) : text;
    if (text === '' || Number.isNaN(value)) return null;
    if (value !== now[name]) found[name] = value;
  }
  return found;
}

export function SettingsSheet() {
  const loaded = useLoaded(getSettings, [settingsRevision.value]);
  return (
    <Panel name="settings" title={t('sheet.settings')}>
      <Fault text={loaded.fault} />
      {loaded.value && <Form now={loaded.value} />}
      <Members />
    </Panel>
  );
}

function Form({ now }: { now: Settings }) {
  const [inForce, setInForce] = useState(now);
  const [texts, setTexts] = useState(textsOf(now));
  const [fault, setFault] = useState<string | null>(null);
  const [isSaved, setSaved] = useState(false);
  useEffect(() => {
    // What another page changed; what is being typed here stays.
    setTexts((typed) => {
      const before = textsOf(inForce);
      const fresh = textsOf(now);
      for (const name of CHANGEABLE)
        if (typed[name] !== before[name]) fresh[name] = typed[name];
      return fresh;
    });
    setInForce(now);
  }, [now]);
  const wanted = changes(texts, inForce);
  const isChanged = wanted === null || Object.keys(wanted).length > 0;
  const save = async () => {
    if (!wanted) return;
    setFault(null);
    try {
      const made = await changeSettings(wanted);
      setInForce(made);
      setTexts(textsOf(made));
      setSaved(true);
    } catch (error) {
      setFault(sentenceOf(error));
    }
  };
  return (
    <>
      <form
        class="settings-form"
        data-testid="settings-form"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        {CHANGEABLE.map((name) => (
          <div key={name} class="setting">
            <label for={`setting-${name}`}>{t(`settings.${name}`)}</label>
            <Field
              name={name}
              value={texts[name]}
              onInput={(value) => {
                setSaved(false);
                setTexts({ ...texts, [name]: value });
              }}
            />
            <p id={`setting-${name}-what`} class="muted small">
              {t(`settings.what.${name}`)}
            </p>
          </div>
        ))}
        <div class="manage-row">
          <button
            type="submit"
            class="button primary"
            disabled={!wanted || !isChanged}
            data-testid="settings-save"
          >
            {t('settings.save')}
          </button>
          <span role="status" class="muted">
            {isSaved && t('settings.saved')}
          </span>
        </div>
        <Fault text={fault} />
      </form>
      <Fixed now={inForce} />
    </>
  );
}

interface FieldProps {
  name: Name;
  value: string;
  onInput: (value: string) => void;
}

function Field({ name, value, onInput }: FieldProps) {
  const described = {
    id: `setting-${name}`,
    class: 'input',
    value,
    'aria-describedby': `setting-${name}-what`,
    'data-testid': `setting-${name}`,
  };
  if (name === 'consensus')
    return (
      <select {...described} onChange={(event) => onInput(event.currentTarget.value)}>
        {POLICIES.map((one) => (
          <option key={one} value={one}>
            {t(`consensus.${one}`)}
          </option>
        ))}
      </select>
    );
  return (
    <input
      {...described}
      inputMode={isNumber(name) ? 'decimal' : 'text'}
      maxLength={100}
      onInput={(event) => onInput(event.currentTarget.value)}
    />
  );
}

function Fixed({ now }: { now: Settings }) {
  const fixed = [
    ['every', now.every],
    ['faces', number(now.faces)],
    ['encoder', now.encoder],
    ['folder', now.folder],
  ] as const;
  return (
    <section class="data-part" data-testid="settings-fixed">
      <h3>{t('settings.elsewhere')}</h3>
      <dl class="settings-fixed">
        <div class="setting">
          <dt>{t('settings.threshold')}</dt>
          <dd>
            <b>{thresholdText(now.threshold)}</b>{' '}
            <button
              type="button"
              class="link"
              onClick={() => {
                sideSheet.value = 'threshold';
              }}
            >
              {t('settings.toThreshold')}
            </button>
          </dd>
        </div>
      </dl>
      <h3>{t('settings.fixed')}</h3>
      <p class="muted small">{t('settings.fixedWhy')}</p>
      <dl class="settings-fixed">
        {fixed.map(([name, value]) => (
          <div key={name} class="setting">
            <dt>{t(`settings.${name}`)}</dt>
            <dd>
              <b>{value}</b>
              <p class="muted small">{t(`settings.what.${name}`)}</p>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
