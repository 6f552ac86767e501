using System.Globalization;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Discovery.Validation.Rungs;

/// <summary>
/// Are losses and gradients finite on every batch of the domain, in single precision and in double? The first failure that decides ends it. Of batches
/// that do not decide (log-ratios that training rarely meets) the first failure is told.
/// </summary>
internal static class FiniteRung
{
    private static readonly (string Text, Operation[] Of)
        Exponential = ("torch.exp overflows above 88 in single precision and above 709 in double: clamp its argument, or use F.logsigmoid, F.softplus, torch.sigmoid or torch.logsumexp, which do not overflow.", [Operation.Exp, Operation.Expm1]),
        Logarithm = ("torch.log needs a positive argument, and the logarithm of a probability that underflows is infinite: use F.logsigmoid or F.log_softmax, or clamp the argument.", [Operation.Log, Operation.Log1p]),
        Quotient = ("Divide by something that cannot be 0: a standard deviation, for one, is 0 where all rows are equal, as at the start of training; add a constant to it.", [Operation.Divide]),
        Power = ("A power of a negative number is NaN unless the exponent is an integer, and large powers overflow.", [Operation.Power]),
        Root = ("torch.sqrt needs an argument that is not negative.", [Operation.Sqrt]),
        Spread = ("The variance or standard deviation of one row is NaN.", [Operation.Variance, Operation.StandardDeviation]);

    public static IEnumerable<ValidationFinding> Check(Candidate candidate)
    {
        var isTold = false;
        foreach (var probe in candidate.Terms.Probes.OrderByDescending(p => p.IsDecisive))
        {
            if (!probe.IsDecisive && isTold)
            {
                continue;
            }

            var finding = probe.InDouble && !candidate.InDouble(probe).IsFinite ? Finding(candidate, probe, candidate.InDouble(probe), inDouble: true)
                : probe.InSingle && candidate.InSingle(probe) is { IsFinite: false } single ? Finding(candidate, probe, single, inDouble: false)
                : null;
            if (finding is not null)
            {
                isTold = true;
                yield return finding;
                if (finding.IsError)
                {
                    yield break;
                }
            }
        }
    }

    /// <summary>Where it happened, which variable it came from, and what to write instead.</summary>
    public static string Cause(Candidate candidate, Probe probe, Outcome outcome, bool inDouble)
    {
        var row = FirstRow(outcome, probe);
        var where = row is { } r ? $" ({candidate.Terms.Describe(probe, r)})" : "";
        var entries = candidate.Trace(probe, row ?? 0, inDouble).Entries;
        if (entries.FirstOrDefault(e => e.Values.Any(v => !double.IsFinite(v))) is { } value)
        {
            var number = value.Values.First(v => !double.IsFinite(v));
            return $"{Subject(value)} is {Words(number)}{where}. {Advice(candidate, value.Name, number)}";
        }

        // The gradient comes from the loss backwards: the last value whose adjoint failed is where it began to.
        var adjoint = entries.LastOrDefault(e => e.Adjoints.Any(a => !double.IsFinite(a)));
        return $"the loss is finite, but its gradient {(adjoint is null ? "" : $"with respect to '{adjoint.Name}' ")}is not{where}. "
            + "A branch of torch.where that is not chosen still passes 0 · inf = NaN to its inputs, and torch.sqrt, torch.log and x ** p with p below 1 have infinite slopes at 0: keep their arguments away from there with .clamp(min=1e-6), inside the branch.";
    }

    private static ValidationFinding Finding(Candidate candidate, Probe probe, Outcome outcome, bool inDouble)
    {
        // In single precision alone: a rung of its own, because double precision would hide it.
        var rung = inDouble || !probe.IsDecisive ? probe.Rung : "finite-single";
        var where = inDouble ? char.ToUpperInvariant(probe.Situation[0]) + probe.Situation[1..] : $"In single precision, {probe.Situation}";
        var consequence = probe.IsDecisive
            ? ""
            : $" Training stops if a {candidate.Terms.Row} gets there; it is accepted because few do.";
        return new(rung, probe.IsDecisive, $"{where}, {Cause(candidate, probe, outcome, inDouble)}{consequence}");
    }

    private static int? FirstRow(Outcome outcome, Probe probe)
    {
        var loss = Array.FindIndex(outcome.Losses, l => !double.IsFinite(l));
        if (loss >= 0)
        {
            return loss % probe.Rows;
        }

        var rows = outcome.Gradients.Values.Select(g => (At: Array.FindIndex(g, v => !double.IsFinite(v)), Width: g.Length / probe.Rows)).Where(g => g.At >= 0).ToArray();
        return rows.Length == 0 ? null : rows.Min(g => g.At / g.Width);
    }

    private static string Subject(TraceEntry entry) => entry.Name == "loss" ? "the returned value" : $"'{entry.Name}'";

    private static string Words(double value) => double.IsNaN(value) ? "NaN" : value > 0 ? "infinite" : "minus infinity";

    /// <summary>Advice for the operations that the variable is made of, down to the variables it is made of, which are finite.</summary>
    private static string Advice(Candidate candidate, string name, double value)
    {
        var root = candidate.Graph.Named.LastOrDefault(n => n.Name == name);
        var operations = new HashSet<Operation>();
        var open = new Stack<Expr>(root is null ? candidate.Graph.Losses : root.Operands);
        while (open.TryPop(out var node))
        {
            if (node.Operation != Operation.Named)
            {
                operations.Add(node.Operation);
                foreach (var operand in node.Operands)
                {
                    open.Push(operand);
                }
            }
        }

        (string Text, Operation[] Of)[] causes = double.IsNaN(value) ? [Root, Spread, Power, Logarithm, Quotient, Exponential] : [Exponential, Logarithm, Quotient, Power];
        string[] advice = [.. causes.Where(cause => cause.Of.Any(operations.Contains)).Select(cause => cause.Text)];
        return advice.Length > 0 ? string.Join(' ', advice.Take(2)) : "Look for inf - inf, 0 * inf and products that overflow.";
    }

    /// <summary>A number for a message.</summary>
    public static string Number(double value) => value.ToString("G5", CultureInfo.InvariantCulture);
}
