/** Keys and how it works: a side sheet, so that one can try while reading. */

import { useSignal } from '@preact/signals';
import { Fragment } from 'preact';
import { t } from '../i18n';
import { className } from '../i18n/names';
import { type Group, keysOf, SHORTCUTS, type Shortcut } from '../keys';
import { Panel } from '../panels/Panel';
import { allows } from '../state/allowed';
import { raterName } from '../state/raters';
import { classKeys, session } from '../state/session';
import { set, settings } from '../state/settings';
import { startTour } from '../state/tour';
import { toggleSheet } from '../state/ui';
import { Key } from './Key';
import { KeyEditor, KeyFiles } from './KeySettings';

const GROUPS: readonly Group[] = ['decide', 'value', 'video', 'scope', 'panels'];

/** Keys of a group that do something for the person at work. */
const shownIn = (group: Group) =>
  SHORTCUTS.filter((one) => one.group === group && allows(one.action));

export function HelpOverlay() {
  const { version = '', rater = '' } = session.value ?? {};
  const changing = useSignal(false);
  return (
    <Panel name="help" title={t('sheet.help')}>
      <section>
        <h3>{t('help.howTitle')}</h3>
        <p>{t('help.how1')}</p>
        <p>{t('help.how2')}</p>
        <p>{t('help.how3')}</p>
        <p>{t('help.how4')}</p>
        <p>{t('help.how5')}</p>
        <p class="help-links">
          <button
            type="button"
            class="button small"
            data-testid="start-tour"
            onClick={startTour}
          >
            {t('tour.start')}
          </button>
          <button
            type="button"
            class="button small"
            onClick={() => toggleSheet('guide')}
          >
            {t('sheet.guide')}
          </button>
        </p>
      </section>
      <label class="choice">
        <input
          type="checkbox"
          data-testid="change-keys"
          checked={changing.value}
          onChange={(event) => {
            changing.value = event.currentTarget.checked;
          }}
        />
        {t('keys.change')}
      </label>
      {changing.value && <KeyFiles />}
      {GROUPS.map((group) => (
        <section key={group}>
          <h3>{t(`help.group.${group}`)}</h3>
          <dl class="key-list">
            {shownIn(group).map((shortcut) => (
              <Row
                key={shortcut.action}
                shortcut={shortcut}
                changing={changing.value}
              />
            ))}
            {group === 'value' &&
              [...classKeys.value].map(([chord, name]) => (
                <Fragment key={chord}>
                  <dt>
                    <Key chord={chord} />
                  </dt>
                  <dd>{className(name)}</dd>
                </Fragment>
              ))}
          </dl>
        </section>
      ))}
      <section>
        <h3>{t('settings.title')}</h3>
        <Setting name="classProposes" />
        <Setting name="keepsDimension" />
      </section>
      <p class="muted">{t('help.version', { version, rater: raterName(rater) })}</p>
    </Panel>
  );
}

function Setting({ name }: { name: 'classProposes' | 'keepsDimension' }) {
  return (
    <label class="setting">
      <input
        type="checkbox"
        checked={settings.value[name]}
        data-testid={`setting-${name}`}
        onChange={(event) => set(name, event.currentTarget.checked)}
      />
      <span>{t(`settings.${name}`)}</span>
    </label>
  );
}

function Row({ shortcut, changing }: { shortcut: Shortcut; changing: boolean }) {
  return (
    <>
      <dt>
        {keysOf(shortcut.action).map((chord, i) => (
          <Fragment key={chord}>
            {i > 0 && <span class="muted"> {t('help.or')} </span>}
            <Key chord={chord} />
          </Fragment>
        ))}
      </dt>
      <dd>
        {t(shortcut.label)}
        {changing && <KeyEditor action={shortcut.action} label={t(shortcut.label)} />}
      </dd>
    </>
  );
}
