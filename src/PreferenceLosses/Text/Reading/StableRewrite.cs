using System.Collections.Immutable;
using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Text.Reading;

/// <summary>Replaces forms that lose all digits, or give NaN, in a tail by equal ones that do not, and notes each kind.</summary>
internal static class StableRewrite
{
    public static ImmutableArray<Expr> Apply(ImmutableArray<Expr> formulas, List<LossCodeNote> notes)
    {
        var applied = new HashSet<string>();
        var rewritten = Simplifier.Rewrite(Simplifier.Simplify(formulas), (node, table) => Rewrite(node, table, applied));
        notes.AddRange(applied.Order(StringComparer.Ordinal).Select(what => new LossCodeNote(LossCodeNoteKind.StableForm, 0, what)));
        return rewritten;
    }

    private static Expr Rewrite(Expr node, NodeTable table, HashSet<string> applied)
    {
        var a = node.Operands.Length > 0 ? Unnamed(node.Operands[0]) : node;
        var b = node.Operands.Length > 1 ? Unnamed(node.Operands[1]) : node;
        Expr Replaced(string what, Expr by)
        {
            applied.Add(what);
            return by;
        }

        return node.Operation switch
        {
            Operation.Log when a.Operation == Operation.Sigmoid => Replaced("log(sigmoid(x)) became logsigmoid(x).", LogSigmoid(a.Operands[0])),
            Operation.Log when a.Operation == Operation.Exp => Replaced("log(exp(x)) became x.", a.Operands[0]),
            Operation.Log when OnePlus(a) is { } x => Unnamed(x) is { Operation: Operation.Exp } e
                ? Replaced("log(1 + exp(x)) became softplus(x).", Softplus(e.Operands[0]))
                : Replaced("log(1 + x) became log1p(x).", Log1p(x)),
            Operation.Log when OneMinus(a) is { } x => Unnamed(x) switch
            {
                { Operation: Operation.Exp } e => Replaced("log(1 - exp(x)) became log1mexp(x).", Log1mExp(e.Operands[0])),
                { Operation: Operation.Sigmoid } s => Replaced("log(1 - sigmoid(x)) became logsigmoid(-x).", LogSigmoid(-s.Operands[0])),
                _ => node,
            },
            Operation.Log1p when a.Operation == Operation.Exp => Replaced("log1p(exp(x)) became softplus(x).", Softplus(a.Operands[0])),
            Operation.Log1p when a is { Operation: Operation.Negate } && Unnamed(a.Operands[0]) is { Operation: Operation.Exp } e =>
                Replaced("log1p(-exp(x)) became log1mexp(x).", Log1mExp(e.Operands[0])),
            Operation.Subtract when IsOne(a) && b.Operation == Operation.Sigmoid => Replaced("1 - sigmoid(x) became sigmoid(-x).", Sigmoid(-b.Operands[0])),
            Operation.Subtract when IsOne(b) && a.Operation == Operation.Exp => Replaced("exp(x) - 1 became expm1(x).", Expm1(a.Operands[0])),
            Operation.Multiply when Exponent(a) is { } x && LogOfGate(b) is { } gate => InLogSpace(x, gate),
            Operation.Multiply when Exponent(b) is { } x && LogOfGate(a) is { } gate => InLogSpace(x, gate),
            Operation.Multiply when Exponent(a) is { } x && Exponent(b) is { } y => Replaced("exp(x) * exp(y) became exp(x + y).", Exp(table.Intern(x + y))),
            Operation.Select when IsPyTorchSoftplus(node) is { } x => Replaced("softplus(x) has no threshold any more.", x),
            _ => node,
        };

        Expr InLogSpace(Expr exponent, Expr logOfGate) => Replaced(
            "exp(x) * sigmoid(y) became exp(x + logsigmoid(y)).", Exp(table.Intern(exponent + table.Intern(logOfGate))));
    }

    /// <summary>ln σ(x), if the node is σ(x).</summary>
    private static Expr? LogOfGate(Expr node) => node.Operation == Operation.Sigmoid ? LogSigmoid(node.Operands[0]) : null;

    private static Expr? Exponent(Expr node) => node.Operation == Operation.Exp ? node.Operands[0] : null;

    private static Expr? OnePlus(Expr node) => node.Operation != Operation.Add ? null
        : IsOne(node.Operands[0]) ? node.Operands[1]
        : IsOne(node.Operands[1]) ? node.Operands[0]
        : null;

    private static Expr? OneMinus(Expr node) => node.Operation == Operation.Subtract && IsOne(node.Operands[0]) ? node.Operands[1] : null;

    /// <summary>The stable softplus within the form with a threshold: where(x·β > t, x, softplus(x·β)/β).</summary>
    private static Expr? IsPyTorchSoftplus(Expr select)
    {
        var otherwise = select.Operands[2];
        var soft = otherwise.Operation == Operation.Divide ? otherwise.Operands[0] : otherwise;
        return soft.Operation == Operation.Softplus && select.Operands[0] is { Operation: Operation.Less } condition
            && ReferenceEquals(condition.Operands[1], soft.Operands[0])
            ? otherwise
            : null;
    }

    private static bool IsOne(Expr node) => node is { Operation: Operation.Constant, Value: 1 };

    /// <summary>A name between two operations is seen through: what is rewritten is what they compute.</summary>
    private static Expr Unnamed(Expr node)
    {
        while (node.Operation == Operation.Named)
        {
            node = node.Operands[0];
        }

        return node;
    }
}
