/** Frames of which raters said unlike things: a lead says which of them stands. */

import { useState } from 'preact/hooks';
import { getDisagreements } from '../api/client';
import type { Disagreement, JudgementRequest, RaterAnswer } from '../api/types';
import { number, t } from '../i18n';
import { valueParts } from '../i18n/names';
import { hasValue } from '../lib/value';
import { Fault } from '../panels/Panel';
import { type NewChange, sendChange, useIsOpen } from '../panels/send';
import { useCalmEvent } from '../panels/useCalm';
import { useLoaded } from '../panels/useLoaded';
import { openFrame } from '../state/actions';
import { outbox } from '../state/changes';
import { dimensions } from '../state/session';
import { PlaceButton } from './PlaceButton';
import { loadTeam, nameOf } from './team';

/** The judgement by which a lead decides for what one rater said. */
export function resolutionFor(of: Disagreement, chosen: RaterAnswer): NewChange {
  const client_id = crypto.randomUUID();
  const body: JudgementRequest = {
    client_id,
    video_id: of.video_id,
    track_id: of.track_id,
    scope: of.first_frame === of.last_frame ? 'frame' : 'span',
    first_frame: of.first_frame,
    last_frame: of.last_frame,
    value: [...chosen.value],
    touched: [],
    expression: chosen.expression,
    decision: 'label',
    shown: null,
    unsure: false,
    purpose: 'resolve',
    item_id: null,
    active_s: null,
    comment: '',
  };
  return {
    client_id,
    kind: 'judgement',
    method: 'POST',
    path: '/judgements',
    body: { ...body },
  };
}

const load = async () => (await Promise.all([getDisagreements(), loadTeam()]))[0];

export function Disagreements() {
  const keys = [useCalmEvent()];
  const { value: found, fault, reload } = useLoaded(load, keys);
  const [refused, setRefused] = useState<string | null>(null);
  const isOpen = useIsOpen();
  const resolve = async (of: Disagreement, chosen: RaterAnswer) => {
    const change = resolutionFor(of, chosen);
    const done = await sendChange((one) => outbox().ask(one), change, isOpen);
    if (!isOpen()) return;
    setRefused(done.fault);
    await reload();
  };
  return (
    <section class="data-part" data-testid="disagreements">
      <Fault text={fault ?? refused} />
      {found?.length === 0 && <p class="muted">{t('teams.agreed')}</p>}
      {found?.map((of) => (
        <Row
          key={`${of.video_id} ${of.track_id} ${of.first_frame}`}
          of={of}
          onResolve={(chosen) => void resolve(of, chosen)}
        />
      ))}
    </section>
  );
}

interface RowProps {
  of: Disagreement;
  onResolve: (chosen: RaterAnswer) => void;
}

function Row({ of, onResolve }: RowProps) {
  return (
    <div class="disagreement" data-testid="disagreement" data-frame={of.frame}>
      <PlaceButton of={of} onGo={() => openFrame(of.video_id, of.track_id, of.frame)} />
      <span class="muted">{t('teams.spread', { spread: number(of.spread, 2) })}</span>
      <ul>
        {of.answers.map((one) => {
          const said = saidText(one);
          return (
            <li key={one.rater_id}>
              {`${nameOf(one.rater_id)}: ${said} `}
              <button
                type="button"
                class="button"
                data-testid={`resolve-${one.rater_id}`}
                aria-label={t('teams.takeOf', { said, rater: nameOf(one.rater_id) })}
                onClick={() => onResolve(one)}
              >
                {t('teams.take')}
              </button>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function saidText({ value, expression }: RaterAnswer): string {
  const given = hasValue(value) ? value : [];
  return valueParts(given, expression, dimensions.value).join(' ');
}
