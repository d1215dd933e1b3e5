/** What faces are known to show: for practice with feedback, and as honeypots. */

import { useSignal } from '@preact/signals';
import type { KnownAnswer, TeamMember } from '../api/types';
import { t } from '../i18n';
import { sentenceOf } from '../i18n/faults';
import { className, dimensionName } from '../i18n/names';
import { formatValue } from '../lib/value';
import { Fault } from '../panels/Panel';
import { useLoaded } from '../panels/useLoaded';
import { openFrame } from '../state/actions';
import { dimensions } from '../state/session';
import { dealtText } from './AssignForm';
import { KnownAnswerForm } from './KnownAnswerForm';
import { PlaceButton } from './PlaceButton';
import { RaterChoice } from './RaterChoice';
import { getKnownAnswers, makePlan, setKnownAnswerActive } from './requests';
import { loadTeam, team } from './team';
import '../data/data.css';

const load = async () => (await Promise.all([getKnownAnswers(), loadTeam()]))[0];

export function KnownAnswersTab() {
  const { value: found, fault, reload } = useLoaded(load, []);
  const refused = useSignal<string | null>(null);
  const turn = async ({ answer_id, is_active }: KnownAnswer) => {
    refused.value = null;
    try {
      await setKnownAnswerActive(answer_id, !is_active);
    } catch (error) {
      refused.value = sentenceOf(error);
    }
    await reload();
  };
  const raters = team.value.filter((one) => one.may_judge);
  const hasPractice = found?.some((one) => one.use === 'training' && one.is_active);
  return (
    <section data-testid="known-answers">
      <p class="panel-intro">{t('known.intro')}</p>
      <KnownAnswerForm onDone={reload} />
      <Fault text={fault ?? refused.value} />
      {found?.length === 0 && <p class="muted">{t('known.none')}</p>}
      <ul class="known-list">
        {found?.map((one) => (
          <li key={one.answer_id} class="known-row" data-testid="known-answer">
            <Known one={one} onTurn={() => void turn(one)} />
          </li>
        ))}
      </ul>
      {hasPractice && <Practice raters={raters} />}
    </section>
  );
}

/** A value and class as one line. */
function knownText({ value, tolerance, expression }: KnownAnswer): string {
  const parts = dimensions.value.flatMap((one, d) => {
    const known = value[d] ?? null;
    if (known === null) return [];
    const about = formatValue(tolerance[d], { ...one, low: 0 });
    return [`${dimensionName(one)} ${formatValue(known, one)} ± ${about}`];
  });
  if (expression !== null) parts.push(className(expression));
  return parts.join(' · ');
}

function Known({ one, onTurn }: { one: KnownAnswer; onTurn: () => void }) {
  const frame = Math.floor((one.first_frame + one.last_frame) / 2);
  return (
    <>
      <PlaceButton
        of={{ ...one, frame }}
        onGo={({ track_id }) => {
          if (track_id !== null) openFrame(one.video_id, track_id, frame);
        }}
      />
      <label class="choice">
        <input
          type="checkbox"
          checked={one.is_active}
          data-testid="known-active"
          onChange={onTurn}
        />
        {t('known.active')}
      </label>
      <p>
        <b>{t(`known.use.${one.use}`)}</b>
        {` · ${knownText(one)}`}
      </p>
      {one.text !== '' && (
        <p class="muted" lang="">
          {one.text}
        </p>
      )}
    </>
  );
}

/** Practice alone, for whoever did not do it yet. */
function Practice({ raters }: { raters: readonly TeamMember[] }) {
  const chosen = useSignal<ReadonlySet<string>>(new Set());
  const dealt = useSignal('');
  const fault = useSignal<string | null>(null);
  const deal = async () => {
    fault.value = null;
    dealt.value = '';
    try {
      const made = await makePlan({
        source: 'queue',
        video_id: null,
        raters: [...chosen.value],
        overlap: { by: 'share', share: 0, most_raters: 1 },
        count: 0,
        honeypots: 0,
      });
      dealt.value = made.n_assignments === 0 ? t('known.practised') : dealtText(made);
    } catch (error) {
      fault.value = sentenceOf(error);
    }
  };
  return (
    <form
      class="team-form"
      data-testid="practice"
      onSubmit={(event) => {
        event.preventDefault();
        void deal();
      }}
    >
      <h3>{t('known.practice')}</h3>
      <p class="muted">{t('known.practiceText')}</p>
      <RaterChoice raters={raters} chosen={chosen} />
      <div class="data-actions">
        <button
          type="submit"
          class="button primary"
          disabled={chosen.value.size === 0}
          data-testid="practice-go"
        >
          {t('known.assign')}
        </button>
      </div>
      <p role="status">{dealt.value}</p>
      <Fault text={fault.value} />
    </form>
  );
}
