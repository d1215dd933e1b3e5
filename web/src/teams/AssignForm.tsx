/** Deals work out: what, to whom, and how much of it to several. */

import { useSignal } from '@preact/signals';
import type { Plan, TeamMember } from '../api/types';
import { number, t } from '../i18n';
import { sentenceOf } from '../i18n/faults';
import { Fault } from '../panels/Panel';
import { place } from '../state/selection';
import { videos } from '../state/videos';
import { NumberField } from './NumberField';
import { RaterChoice } from './RaterChoice';
import { makePlan } from './requests';
import { nameOf } from './team';

const SOURCES = ['queue', 'suggested', 'video'] as const;
const WAYS = ['share', 'confidence'] as const;
const MOST = 2000;

/** What a plan assigned, by name. */
export const dealtText = ({ n_assignments, by_rater }: Plan): string => {
  if (n_assignments === 0) return t('work.dealtNothing');
  const each = Object.entries(by_rater).map(([who, n]) =>
    t('work.dealtOne', { name: nameOf(who), n: number(n) }),
  );
  return t('work.dealt', { n: n_assignments, each: each.join(t('teams.comma')) });
};

interface AssignFormProps {
  raters: readonly TeamMember[];
  onDone: () => Promise<void>;
}

export function AssignForm({ raters, onDone }: AssignFormProps) {
  const source = useSignal<(typeof SOURCES)[number]>('queue');
  const video = useSignal(place.peek()?.video_id ?? '');
  const chosen = useSignal<ReadonlySet<string>>(new Set());
  const by = useSignal<(typeof WAYS)[number]>('share');
  const share = useSignal(20);
  const most = useSignal(2);
  const count = useSignal(100);
  const honeypots = useSignal(5);
  const dealt = useSignal('');
  const fault = useSignal<string | null>(null);
  const isBusy = useSignal(false);
  const names = videos.value.map((one) => one.video_id);
  const ofVideo = names.includes(video.value) ? video.value : (names[0] ?? '');

  const deal = async () => {
    isBusy.value = true;
    fault.value = null;
    dealt.value = '';
    try {
      const made = await makePlan({
        source: source.value,
        video_id: source.value === 'video' ? ofVideo : null,
        raters: [...chosen.value],
        overlap: {
          by: by.value,
          share: share.value / 100,
          most_raters: most.value,
        },
        count: count.value,
        honeypots: honeypots.value / 100,
      });
      dealt.value = dealtText(made);
    } catch (error) {
      fault.value = sentenceOf(error);
    }
    isBusy.value = false;
    await onDone();
  };
  return (
    <form
      class="team-form"
      data-testid="assign"
      onSubmit={(event) => {
        event.preventDefault();
        void deal();
      }}
    >
      <h3>{t('work.assign')}</h3>
      <label class="team-field">
        <span>{t('work.source')}</span>
        <select
          class="select"
          data-testid="assign-source"
          value={source.value}
          onChange={(event) => {
            source.value = event.currentTarget.value as (typeof SOURCES)[number];
          }}
        >
          {SOURCES.map((one) => (
            <option key={one} value={one}>
              {t(`work.source.${one}`)}
            </option>
          ))}
        </select>
      </label>
      {source.value === 'video' && (
        <label class="team-field">
          <span>{t('work.video')}</span>
          <select
            class="select"
            data-testid="assign-video"
            value={ofVideo}
            onChange={(event) => {
              video.value = event.currentTarget.value;
            }}
          >
            {names.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        </label>
      )}
      <RaterChoice raters={raters} chosen={chosen} />
      <fieldset class="team-choices">
        <legend>{t('work.overlap')}</legend>
        {WAYS.map((one) => (
          <label key={one} class="choice">
            <input
              type="radio"
              name="overlap"
              checked={by.value === one}
              data-testid={`overlap-${one}`}
              onChange={() => {
                by.value = one;
              }}
            />
            {t(`work.overlap.${one}`)}
          </label>
        ))}
      </fieldset>
      {by.value === 'share' && (
        <NumberField
          label={t('work.share')}
          unit="%"
          value={share.value}
          {...{ min: 0, max: 100, testid: 'assign-share' }}
          onChange={(given) => {
            share.value = given;
          }}
        />
      )}
      <NumberField
        label={t('work.most')}
        unit=""
        value={most.value}
        {...{ min: 1, max: 20, testid: 'assign-most' }}
        onChange={(given) => {
          most.value = given;
        }}
      />
      <NumberField
        label={t('work.count')}
        unit=""
        value={count.value}
        {...{ min: 1, max: MOST, testid: 'assign-count' }}
        onChange={(given) => {
          count.value = given;
        }}
      />
      <NumberField
        label={t('work.honeypots')}
        unit="%"
        value={honeypots.value}
        {...{ min: 0, max: 100, testid: 'assign-honeypots' }}
        onChange={(given) => {
          honeypots.value = given;
        }}
      />
      <div class="data-actions">
        <button
          type="submit"
          class="button primary"
          disabled={chosen.value.size === 0 || isBusy.value}
          data-testid="assign-go"
        >
          {t('work.deal')}
        </button>
      </div>
      <p role="status" data-testid="dealt">
        {dealt.value}
      </p>
      <Fault text={fault.value} />
    </form>
  );
}
