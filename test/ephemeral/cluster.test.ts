import { complaintOf } from "./cluster";

test.each([
  [
    "of its errors the first is told, not what it printed",
    "a\n",
    "a\nWarning: old\nError: gone\nmore\n",
    "Error: gone",
  ],
  ["one that says nothing is told by its exit code", "a\n", "a\n", "kubectl ended with 1"],
])("%s", (_, stdout, output, complaint) => {
  expect(complaintOf({ code: 1, stdout, output })).toBe(complaint);
});
