import { dimensionName } from '../i18n/names';
import { dimensions } from '../state/session';

/** A dimension of the label schema by its name, in words. */
export function dimensionText(name: string): string {
  const one = dimensions.value.find((dimension) => dimension.name === name);
  return one ? dimensionName(one) : name;
}
