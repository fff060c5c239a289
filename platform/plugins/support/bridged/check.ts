/** Refuses inputs that the official provider would refuse, and what its stand-in doesn't cover. */
import { hasUnknowns, isObject, type Properties, type Value } from "../properties";
import type { Input, InputType, Kind, Problem } from "./kind";

const words: Record<InputType, string> = {
  text: "a text",
  whole: "a whole number",
  flag: "true or false",
  texts: "a list of texts",
  map: "an object of texts",
  object: "an object",
};

/** Everything that is wrong with the inputs of a program. */
export function checkInputs(kind: Kind, inputs: Properties): Problem[] {
  const single = [
    ...Object.entries(inputs).flatMap(([name, value]) => checkName(kind, name, value)),
    ...Object.entries(kind.inputs).flatMap(([name, input]) => checkMissing(name, input, inputs[name])),
  ];
  // What lies between inputs can be told only once each is what it should be.
  return single.length > 0 ? single : [...(kind.problems?.(known(complete(kind, inputs))) ?? [])];
}

/** The inputs as the state will hold them, defaults included. */
export function complete(kind: Kind, inputs: Properties): Properties {
  const defaults = Object.entries(kind.inputs).flatMap(([name, input]): [string, Value][] =>
    input.default === undefined ? [] : [[name, input.default]],
  );
  const whole = { ...Object.fromEntries(defaults), ...inputs };
  return kind.complete?.(whole) ?? whole;
}

function known(inputs: Properties): Properties {
  return Object.fromEntries(Object.entries(inputs).filter(([, value]) => !hasUnknowns(value)));
}

function checkName(kind: Kind, name: string, value: Value): Problem[] {
  const wayOut = kind.uncovered?.[name];
  if (wayOut !== undefined) return [{ property: name, reason: `${name} is not covered: ${wayOut}` }];
  const input = kind.inputs[name];
  if (input === undefined) {
    const names = Object.keys(kind.inputs).join(", ");
    return [{ property: name, reason: `${name} is no input of ${kind.type}; must be one of ${names}` }];
  }
  return hasUnknowns(value) ? [] : checkValue(name, input, value);
}

function checkMissing(name: string, input: Input, value: Value | undefined): Problem[] {
  if (input.required === undefined || value !== undefined) return [];
  return [{ property: name, reason: `${name} is missing; must be ${words[input.type]}` }];
}

function checkValue(name: string, input: Input, value: Value): Problem[] {
  if (!fits(input.type, value)) return [problem(name, input, value, words[input.type])];
  if (isObject(value) && input.members !== undefined) return checkMembers(name, input.members, value);
  const allowed = input.allowed?.(value);
  return allowed === undefined ? [] : [problem(name, input, value, allowed)];
}

function checkMembers(
  name: string,
  members: Readonly<Record<string, InputType>>,
  value: Properties,
): Problem[] {
  return Object.entries(value).flatMap(([member, item]) => {
    const property = `${name}.${member}`;
    const type = members[member];
    if (type !== undefined) return fits(type, item) ? [] : [problem(property, { type }, item, words[type])];
    const reason = `${property} is not known; must be one of ${Object.keys(members).join(", ")}`;
    return [{ property, reason }];
  });
}

function problem(property: string, input: Input, value: Value, allowed: string): Problem {
  // A secret that is wrong is a secret still.
  const found = input.secret === true ? "not as it should be" : JSON.stringify(value);
  return { property, reason: `${property} is ${found}; must be ${allowed}` };
}

function fits(type: InputType, value: Value): boolean {
  switch (type) {
    case "text":
      return typeof value === "string";
    case "whole":
      return Number.isInteger(value);
    case "flag":
      return typeof value === "boolean";
    case "texts":
      return Array.isArray(value) && value.every((item) => typeof item === "string");
    case "map":
      return isObject(value) && Object.values(value).every((item) => typeof item === "string");
    case "object":
      return isObject(value);
  }
}
