/** What each rater is like: only who leads sees it. */

import { useState } from 'preact/hooks';
import { getRaterProfile } from '../api/client';
import type {
  Agreement,
  ProfileValues,
  RaterAgreement,
  RaterProfile,
} from '../api/types';
import { number, percent, t } from '../i18n';
import { Fault } from '../panels/Panel';
import { minutesText } from '../panels/ThresholdPanel';
import { useLoaded } from '../panels/useLoaded';
import { raterName } from '../state/raters';
import { dimensions } from '../state/session';
import { nameOf } from './AgreementTab';
import { BiasStrip } from './BiasStrip';
import { CourseChart } from './CourseChart';
import { figureText, isSure, signedText } from './figures';

interface Props {
  of: Agreement;
  /** A profile is asked for anew with the figures. */
  revision: number;
}

export function RaterProfiles({ of, revision }: Props) {
  const [chosen, setChosen] = useState<string | null>(null);
  const rater = chosen !== null && of.raters.includes(chosen) ? chosen : of.raters[0];
  if (rater === undefined) return null;
  return (
    <section class="data-part" data-testid="rater-profiles">
      <h3>{t('profile.title')}</h3>
      <p class="muted">{t('profile.who')}</p>
      <p class="profile-choose">
        <label for="profile-rater">{t('profile.choose')}</label>
        <select
          id="profile-rater"
          class="input"
          value={rater}
          data-testid="profile-rater"
          onChange={(event) => setChosen(event.currentTarget.value)}
        >
          {of.raters.map((one) => (
            <option key={one} value={one}>
              {raterName(one)}
            </option>
          ))}
        </select>
      </p>
      <Profile key={rater} rater={rater} of={of} revision={revision} />
    </section>
  );
}

function Profile({ rater, of, revision }: Props & { rater: string }) {
  const loaded = useLoaded(() => getRaterProfile(rater), [rater, revision]);
  const { value: seen, fault } = loaded;
  return (
    <div data-testid="profile" data-rater={rater}>
      <Fault text={fault} />
      {!seen && !fault && <p role="status">{t('sheet.loading')}</p>}
      {seen && <Work seen={seen} />}
      {seen?.values.map((one, index) => (
        <OfDimension
          key={one.name}
          of={one}
          index={index}
          all={of.values.find(({ name }) => name === one.name)?.raters ?? []}
        />
      ))}
    </div>
  );
}

function Work({ seen }: { seen: RaterProfile }) {
  const within = (of: { n: number; within: number }) =>
    of.n > 0 ? t('profile.within', { ...of }) : t('profile.none');
  const rows: [string, string][] = [
    ['rated', number(seen.n_blind)],
    ['shownN', number(seen.n_shown)],
    ['active', minutesText(seen.active_s / 60)],
    ['work', t('profile.workOf', { answered: seen.answered, open: seen.open })],
    ['training', within(seen.training)],
    ['honeypots', within(seen.honeypots)],
  ];
  if (seen.right !== null)
    rows.push(['right', t('profile.rightOf', { share: percent(seen.right) })]);
  return (
    <dl class="profile-facts" data-testid="profile-work">
      {rows.map(([key, text]) => (
        <div key={key}>
          <dt>{t(`profile.${key}`)}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}

interface DimensionProps {
  of: ProfileValues;
  index: number;
  all: readonly RaterAgreement[];
}

/** Least half of an axis, as a share of half the scale: small biases look small. */
const LEAST = 0.25;

const FIGURES = ['scale', 'noise', 'ccc', 'weight'] as const;

function OfDimension({ of, index, all }: DimensionProps) {
  const { own, repeats } = of;
  const name = nameOf(of.name);
  const scale = dimensions.value.find((one) => one.name === of.name);
  const least = scale ? ((scale.high - scale.low) / 2) * LEAST : LEAST;
  return (
    <section class="profile-dimension" data-testid={`profile-${of.name}`}>
      <h4>{name}</h4>
      {own && own.n_shared > 0 ? (
        <>
          <BiasStrip own={own} all={all} dimension={name} index={index} least={least} />
          <dl class="profile-figures">
            {FIGURES.map((key) => (
              <div key={key} title={t(`profile.${key}.means`)}>
                <dt>{t(`profile.${key}`)}</dt>
                <dd>{figureText(own[key])}</dd>
                <dd class="muted small">{t(`profile.${key}.means`)}</dd>
              </div>
            ))}
          </dl>
          <CourseChart
            course={of.course}
            dimension={name}
            index={index}
            least={least}
          />
          <p>
            {isSure(own.drift)
              ? t('profile.driftSure', {
                  drift: signedText(own.drift.value),
                  low: signedText(own.drift.low),
                  high: signedText(own.drift.high),
                })
              : t('profile.driftNone')}
          </p>
        </>
      ) : (
        <p class="muted">{t('profile.alone')}</p>
      )}
      <p>
        {repeats
          ? t(repeats.noise === null ? 'profile.repeatOnce' : 'profile.repeats', {
              n: repeats.n,
              noise: figureText(repeats.noise),
              shift: signedText(repeats.shift),
            })
          : t('profile.noRepeats')}
      </p>
    </section>
  );
}
