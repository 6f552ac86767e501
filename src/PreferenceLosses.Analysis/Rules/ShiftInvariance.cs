using System.Collections.Immutable;
using System.Globalization;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Analysis.Rules;

/// <summary>
/// Whether a loss ignores a common shift of some inputs, by exact algebra: every weighted sum of inputs in the formula is a vector
/// of coefficients, and a sum whose coefficients for the shifted inputs add up to 0 does not see the shift.
/// </summary>
internal static class ShiftInvariance
{
    /// <summary>Whether adding one number to all the named inputs of a row, another one in each row, changes no loss. Sufficient, not necessary.</summary>
    public static bool IsProven(LossGraph graph, IReadOnlySet<string> shifted)
    {
        var ignores = new HashSet<Expr>(ReferenceEqualityComparer.Instance);
        var sums = new Dictionary<Expr, WeightedSum>(ReferenceEqualityComparer.Instance);
        var numbers = new Dictionary<Expr, int>(ReferenceEqualityComparer.Instance);
        foreach (var node in graph.Nodes)
        {
            numbers.Add(node, numbers.Count);
            var sum = WeightedSum.Of(node, sums, numbers);
            if (sum is not null)
            {
                sums[node] = sum;
            }

            if (sum is not null ? sum.Ignores(shifted) : node.Operands.All(ignores.Contains) || ComparesWhatIgnores(node, sums, shifted))
            {
                ignores.Add(node);
            }
        }

        return graph.Losses.All(ignores.Contains);
    }

    /// <summary>A comparison is a function of the difference of its operands.</summary>
    private static bool ComparesWhatIgnores(Expr node, Dictionary<Expr, WeightedSum> sums, IReadOnlySet<string> shifted) =>
        node.Operation is Operation.Less or Operation.LessOrEqual or Operation.Equal
        && sums.TryGetValue(node.Operands[0], out var a) && sums.TryGetValue(node.Operands[1], out var b)
        && a.Minus(b) is { } difference && difference.Ignores(shifted);

    /// <summary>
    /// Σ factor · coefficient · input. The factors are products of scalars that no input enters (β, 1 + α), told apart by the nodes
    /// they are made of; the coefficients are numbers, exact.
    /// </summary>
    private sealed record WeightedSum(ImmutableDictionary<(string Factor, string Input), double> Terms)
    {
        private static readonly ImmutableDictionary<(string, string), double> None = ImmutableDictionary<(string, string), double>.Empty;

        /// <summary>The node as a sum over the operands' sums; null if it is none, or if a coefficient would have to be rounded.</summary>
        public static WeightedSum? Of(Expr node, Dictionary<Expr, WeightedSum> known, Dictionary<Expr, int> numbers)
        {
            var a = node.Operands.Length > 0 ? known.GetValueOrDefault(node.Operands[0]) : null;
            var b = node.Operands.Length > 1 ? known.GetValueOrDefault(node.Operands[1]) : null;
            return node.Operation switch
            {
                Operation.Input => new(None.Add(("", node.Name!), 1)),
                Operation.Constant or Operation.Parameter => new(None),
                Operation.Named or Operation.StopGradient or Operation.Broadcast => a,
                Operation.Negate => a?.Times(-1),
                Operation.Add when a is not null && b is not null => a.Plus(b),
                Operation.Subtract when a is not null && b is not null => a.Minus(b),
                Operation.Multiply when b is { Terms.Count: 0 } => a?.By(node.Operands[1], numbers, isDivisor: false),
                Operation.Multiply when a is { Terms.Count: 0 } => b?.By(node.Operands[0], numbers, isDivisor: false),
                Operation.Divide when b is { Terms.Count: 0 } => a?.By(node.Operands[1], numbers, isDivisor: true),
                // A function of scalars without inputs is again such a scalar.
                _ when node.Operation.IsElementwise() && node.Operands.All(o => known.GetValueOrDefault(o) is { Terms.Count: 0 }) => new(None),
                _ => null,
            };
        }

        /// <summary>Whether the coefficients of the shifted inputs add up to exactly 0 for every factor.</summary>
        public bool Ignores(IReadOnlySet<string> shifted) => Terms
            .Where(term => shifted.Contains(term.Key.Input))
            .GroupBy(term => term.Key.Factor)
            .All(terms => terms.Aggregate((double?)0, (sum, term) => sum is { } s ? ExactSum(s, term.Value) : null) == 0);

        public WeightedSum? Minus(WeightedSum other) => Plus(other.Times(-1));

        private WeightedSum Times(double sign) => new(Terms.ToImmutableDictionary(term => term.Key, term => sign * term.Value));

        private WeightedSum? Plus(WeightedSum other)
        {
            var terms = Terms;
            foreach (var (key, coefficient) in other.Terms)
            {
                if (ExactSum(terms.GetValueOrDefault(key), coefficient) is not { } sum)
                {
                    return null;
                }

                terms = terms.SetItem(key, sum);
            }

            return new(terms);
        }

        /// <summary>Multiplied or divided by a scalar: a whole number goes into the coefficients, anything else into the factor.</summary>
        private WeightedSum By(Expr scalar, Dictionary<Expr, int> numbers, bool isDivisor)
        {
            if (scalar.Operation == Operation.Constant && !isDivisor && double.IsInteger(scalar.Value) && Math.Abs(scalar.Value) < 1e6
                && Terms.Values.All(c => double.IsInteger(c) && Math.Abs(c) < 1e6))
            {
                return Times(scalar.Value);
            }

            // Equal nodes of a graph are one node, with one number.
            var factor = string.Create(CultureInfo.InvariantCulture, $"{(isDivisor ? '/' : '*')}{numbers[scalar]}");
            return new(Terms.ToImmutableDictionary(term => (Sorted(term.Key.Factor, factor), term.Key.Input), term => term.Value));
        }

        private static string Sorted(string factors, string factor) =>
            string.Join(' ', factors.Split(' ', StringSplitOptions.RemoveEmptyEntries).Append(factor).Order(StringComparer.Ordinal));

        /// <summary>a + b if it is a number without rounding, else null.</summary>
        private static double? ExactSum(double a, double b)
        {
            var sum = a + b;
            return sum - b == a && sum - a == b ? sum : null;
        }
    }
}
