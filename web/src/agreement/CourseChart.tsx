/** How far a rater was from the others, in the order of judging. */

import type { Stretch } from '../api/types';
import { language, number, t } from '../i18n';
import { halfAxis, signedText } from './figures';

const WIDTH = 240;
const HEIGHT = 64;
const MARGIN = 8;

interface Props {
  course: readonly Stretch[];
  dimension: string;
  index: number;
  /** The axis reaches so far at least, on both sides of 0. */
  least: number;
}

export function CourseChart({ course, dimension, index, least }: Props) {
  const [first] = course;
  const last = course.at(-1);
  if (!first || !last || course.length < 2) return null;
  const half = halfAxis(
    course.map(({ difference }) => difference),
    least,
  );
  const points = course.map(({ difference }, i) => ({
    x: MARGIN + (i / (course.length - 1)) * (WIDTH - 2 * MARGIN),
    y: HEIGHT / 2 - (difference / half) * (HEIGHT / 2 - MARGIN),
  }));
  const format = new Intl.DateTimeFormat(language.value, {
    dateStyle: 'short',
    timeStyle: 'short',
  });
  const label = t('profile.course', {
    dimension,
    n: course.length,
    first: signedText(first.difference),
    last: signedText(last.difference),
  });
  return (
    <div class="profile-course">
      <span class="muted small">
        {t('profile.courseTitle', { half: number(half, 2) })}
      </span>
      <svg
        class={`course of-dimension-${index % 6}`}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={label}
      >
        <line class="zero" x1="0" x2={WIDTH} y1={HEIGHT / 2} y2={HEIGHT / 2} />
        <polyline points={points.map(({ x, y }) => `${x},${y}`).join(' ')} />
        {points.map(({ x, y }, i) => (
          <circle key={i} cx={x} cy={y} r="2.5" />
        ))}
      </svg>
      <details>
        <summary>{t('profile.asTable')}</summary>
        <table class="data-table">
          <thead>
            <tr>
              <th scope="col">{t('profile.when')}</th>
              <th scope="col">{t('profile.difference')}</th>
              <th scope="col">{t('agreement.videoItems')}</th>
            </tr>
          </thead>
          <tbody>
            {course.map((one) => (
              <tr key={one.at}>
                <th scope="row">{format.format(new Date(one.at))}</th>
                <td>{signedText(one.difference)}</td>
                <td>{number(one.n)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </div>
  );
}
