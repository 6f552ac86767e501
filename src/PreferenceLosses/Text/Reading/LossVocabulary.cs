using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Text.Reading;

/// <summary>PyTorch's own losses, element by element (reduction='none') or reduced.</summary>
internal static class LossVocabulary
{
    /// <summary>PyTorch has 1e-12 in float32 here, in double precision too.</summary>
    private const double SmallestDenominator = 1e-12f;

    public static IEnumerable<Definition> Entries =>
    [
        Loss("mse_loss", "input, target, *, reduction?", (_, x, y) => Square(x - y)),
        Loss("l1_loss", "input, target, *, reduction?", (_, x, y) => Abs(x - y)),
        Loss("smooth_l1_loss", "input, target, *, reduction?, beta?", (a, x, y) => SmoothL1(x - y, a.Constant("beta", 1))),
        Loss("huber_loss", "input, target, reduction?, delta?", (a, x, y) => Huber(x - y, a.Constant("delta", 1))),
        Loss("soft_margin_loss", "input, target, *, reduction?", (_, x, y) => Log(1 + Exp(-(y * x)))),
        Loss("hinge_embedding_loss", "input, target, margin?, *, reduction?", (a, x, y) =>
            Where(EqualTo(y, 1), 0, ClampMin(a.Constant("margin", 1) - x, 0)) + Where(EqualTo(y, -1), 0, x)),
        Loss("kl_div", "input, target, *, reduction?, log_target?", Divergence),
        new("F", "binary_cross_entropy_with_logits", "input, target, weight?, *, reduction?, pos_weight?", CrossEntropyWithLogits),
        new("F", "binary_cross_entropy", "input, target, weight?, *, reduction?", CrossEntropy),
        new("F", "margin_ranking_loss", "input1, input2, target, margin?, *, reduction?", MarginRanking),
        new("F", "cosine_similarity", "input, x2, dim?, eps?", Cosine),
    ];

    private static Definition Loss(string name, string signature, Func<Arguments, Expr, Expr, Expr> loss) => new(
        "F", name, signature, a => ReductionVocabulary.Reduced(a, ElementwiseVocabulary.Pair(a, (x, y) => loss(a, x, y), "input", Target(a))));

    /// <summary>The name of the argument, once it is seen to be as long as the input.</summary>
    private static string Target(Arguments a) => a.Tensor("target").ShapeText == a.Tensor("input").ShapeText || (a.Tensor("target").IsVector && a.Tensor("input").IsVector)
        ? "target"
        : throw a.Wrong(LossDiagnosticKind.Shape, "target", "has to have as many values as the input.", "Write torch.full_like(x, 1.0).");

    private static Expr SmoothL1(Expr difference, double beta) => beta == 0 ? Abs(difference)
        : Where(Abs(difference) < beta, 0.5 * difference * difference / beta, Abs(difference) - (0.5 * beta));

    private static Expr Huber(Expr difference, double delta) =>
        Where(Abs(difference) <= delta, 0.5 * difference * difference, delta * (Abs(difference) - (0.5 * delta)));

    private static Expr Divergence(Arguments a, Expr x, Expr target)
    {
        if (a.Flag("log_target"))
        {
            return Exp(target) * (target - x);
        }

        return ElementwiseVocabulary.XLogY(target, target) - (target * x);
    }

    private static TensorValue CrossEntropyWithLogits(Arguments a)
    {
        Value logits = a.Tensor("input"), target = a.Tensor(Target(a));
        var type = Arithmetic.Floating(Arithmetic.Promote(logits, target));
        var losses = a.Has("pos_weight")
            ? Arithmetic.Elementwise(a.At, type, o => ((1 - o[1]) * o[0]) + ((((o[2] - 1) * o[1]) + 1) * Softplus(-o[0])), logits, target, a.Operand("pos_weight"))
            : Arithmetic.Elementwise(a.At, type, o => ((1 - o[1]) * o[0]) + Softplus(-o[0]), logits, target);
        return ReductionVocabulary.Reduced(a, Weighted(a, losses));
    }

    /// <summary>PyTorch holds the logarithms at −100, and the denominator p(1 − p) of the derivative at 1e-12.</summary>
    private static TensorValue CrossEntropy(Arguments a)
    {
        static Expr HeldLog(Expr x) => StopGradient(Maximum(Log(x), -100));
        var losses = ElementwiseVocabulary.Pair(
            a,
            (p, target) =>
            {
                var slope = StopGradient((p - target) / Maximum((1 - p) * p, SmallestDenominator)) * p;
                return ((target - 1) * HeldLog(1 - p)) - (target * HeldLog(p)) + (slope - StopGradient(slope));
            },
            "input",
            Target(a));
        return ReductionVocabulary.Reduced(a, Weighted(a, losses));
    }

    private static TensorValue Weighted(Arguments a, TensorValue losses) =>
        a.Has("weight") ? (TensorValue)Arithmetic.Binary(a.At, "*", losses, a.Tensor("weight")) : losses;

    private static TensorValue MarginRanking(Arguments a)
    {
        Value first = a.Tensor("input1"), second = a.Tensor("input2"), target = a.Tensor("target");
        return ReductionVocabulary.Reduced(a, Arithmetic.Elementwise(
            a.At,
            Arithmetic.Floating(Arithmetic.Promote(first, second, target)),
            o => ClampMin((-o[2] * (o[0] - o[1])) + o[3], 0),
            first,
            second,
            target,
            a.Number("margin", 0)));
    }

    /// <summary>Of the whole batch as one vector: the product of x/max(‖x‖, ε) and y/max(‖y‖, ε).</summary>
    private static TensorValue Cosine(Arguments a)
    {
        if (a["dim"] is not NumberValue { Constant: 0 or -1 })
        {
            throw a.Wrong(LossDiagnosticKind.Shape, "dim", "has to be 0: tensors have one dimension, the pairs of the batch.");
        }

        var smallest = a.Constant("eps", 1e-8);
        Expr Unit(Expr x) => x / ClampMin(ReductionVocabulary.RootWithoutKink(Sum(Square(x))), smallest);
        var (first, second) = (ReductionVocabulary.OnePart(a, "cosine_similarity"), a.Floating("x2"));
        return first.HasRows && second is { HasRows: true, Parts.Length: 1 }
            ? new TensorValue(Sum(Unit(first.Parts[0]) * Unit(second.Parts[0])), Arithmetic.Promote(first, second))
            : throw a.Wrong(LossDiagnosticKind.Shape, "input", "needs one value per pair.");
    }
}
