/**
 * Small decoders for data from the network: each one checks a value and gives it its type, so that what the rest of
 * the client holds is what its types say. Unknown fields are dropped; a wrong one ends the decoding of that frame.
 */

/** A value did not have the shape the contract says; `message` names the place, never the content. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
}

/** Checks `value`, found at `path`, and returns it typed. Throws {@link DecodeError}. */
export type Decoder<T> = (value: unknown, path: string) => T;

/** The type a decoder yields. */
export type Decoded<D> = D extends Decoder<infer T> ? T : never;

type Fields = Record<string, Decoder<unknown>>;
type Shape<F extends Fields> = { [K in keyof F]: Decoded<F[K]> };

const wrong = (path: string, expected: string) => new DecodeError(`${path}: expected ${expected}`);

export const text: Decoder<string> = (value, path) => {
  if (typeof value !== "string") throw wrong(path, "a string");
  return value;
};

export const whole: Decoder<number> = (value, path) => {
  if (typeof value !== "number" || !Number.isSafeInteger(value)) throw wrong(path, "an integer");
  return value;
};

export const number: Decoder<number> = (value, path) => {
  if (typeof value !== "number" || !Number.isFinite(value)) throw wrong(path, "a number");
  return value;
};

export const flag: Decoder<boolean> = (value, path) => {
  if (typeof value !== "boolean") throw wrong(path, "true or false");
  return value;
};

export function nullable<T>(inner: Decoder<T>): Decoder<T | null> {
  return (value, path) => (value === null || value === undefined ? null : inner(value, path));
}

/** No list of the contract is longer: a page's ink is three numbers for each of its 10,000 points. */
export const LIST_MAX = 40_000;

export function list<T>(inner: Decoder<T>): Decoder<T[]> {
  return (value, path) => {
    if (!Array.isArray(value) || value.length > LIST_MAX) throw wrong(path, "a list");
    return value.map((item: unknown, index) => inner(item, `${path}[${index}]`));
  };
}

export function oneOf<const T extends string>(...allowed: readonly T[]): Decoder<T> {
  return (value, path) => {
    const found = allowed.find((candidate) => candidate === value);
    if (found === undefined) throw wrong(path, `one of ${allowed.join(", ")}`);
    return found;
  };
}

function fieldsOf(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong(path, "an object");
  return value as Record<string, unknown>;
}

export function record<F extends Fields>(fields: F): Decoder<Shape<F>> {
  return (value, path) => {
    const given = fieldsOf(value, path);
    const entries = Object.entries(fields).map(([key, inner]) => [key, inner(given[key], `${path}.${key}`)]);
    return Object.fromEntries(entries) as Shape<F>;
  };
}

/** An object whose keys are data. */
export function dictionary<T>(inner: Decoder<T>): Decoder<Readonly<Record<string, T>>> {
  return (value, path) => {
    const entries = Object.entries(fieldsOf(value, path)).map(([key, one]) => [key, inner(one, `${path}.${key}`)]);
    return Object.fromEntries(entries) as Record<string, T>;
  };
}

/** A union told apart by the string in `tag`, as serde's internally tagged enums are. */
export function tagged<Tag extends string, V extends Record<string, Fields>>(
  tag: Tag,
  variants: V,
): Decoder<{ [K in keyof V & string]: Record<Tag, K> & Shape<V[K]> }[keyof V & string]> {
  return (value, path) => {
    const name = fieldsOf(value, path)[tag];
    const fields = typeof name === "string" && Object.hasOwn(variants, name) ? variants[name] : undefined;
    if (fields === undefined) throw wrong(`${path}.${tag}`, `one of ${Object.keys(variants).join(", ")}`);
    return { [tag]: name, ...record(fields)(value, path) } as never;
  };
}
