/** Keys and how it works: a side sheet, so that one can try while reading. */

import { Fragment } from 'preact';
import { t } from '../i18n';
import { className } from '../i18n/names';
import { type Group, SHORTCUTS, type Shortcut } from '../keys';
import { Panel } from '../panels/Panel';
import { classKeys, session } from '../state/session';
import { Key } from './Key';

const GROUPS: readonly Group[] = ['decide', 'value', 'video', 'scope', 'panels'];

export function HelpOverlay() {
  const { version = '', rater = '' } = session.value ?? {};
  return (
    <Panel name="help" title={t('sheet.help')}>
      <section>
        <h3>{t('help.howTitle')}</h3>
        <p>{t('help.how1')}</p>
        <p>{t('help.how2')}</p>
        <p>{t('help.how3')}</p>
        <p>{t('help.how4')}</p>
      </section>
      {GROUPS.map((group) => (
        <section key={group}>
          <h3>{t(`help.group.${group}`)}</h3>
          <dl class="key-list">
            {SHORTCUTS.filter((shortcut) => shortcut.group === group).map(
              (shortcut) => (
                <Row key={shortcut.action} shortcut={shortcut} />
              ),
            )}
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
      <p class="muted">{t('help.version', { version, rater })}</p>
    </Panel>
  );
}

function Row({ shortcut }: { shortcut: Shortcut }) {
  return (
    <>
      <dt>
        {shortcut.keys.map((chord, i) => (
          <Fragment key={chord}>
            {i > 0 && <span class="muted"> {t('help.or')} </span>}
            <Key chord={chord} />
          </Fragment>
        ))}
      </dt>
      <dd>{t(shortcut.label)}</dd>
    </>
  );
}
