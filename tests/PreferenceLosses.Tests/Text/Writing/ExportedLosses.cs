using PreferenceLosses.Expressions;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;
using PreferenceLosses.Text;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Tests.Text.Writing;

/// <summary>What is exported in the tests: the catalogue, one loss for each operation, losses read from text, and awkward ones.</summary>
internal static class ExportedLosses
{
    private static readonly Parameter Beta = new("beta", "β", 0.1, Bounds.Positive);

    private static readonly Parameter Lambda = new(
        "lambda", "λ", 0.5, new Bounds(0, false, 1, true), "Say \"half\",\n\\ or {less} & <more>.");

    /// <summary>Reads back as it is written: a variance of one row is NaN, a cast is a cast.</summary>
    public static PreferenceLoss FromText { get; } = LossCode.Parse(
        """
        def cast_loss(self, policy_chosen_logps, policy_rejected_logps, reference_chosen_logps, reference_rejected_logps, margin=0.25):
            logits = (policy_chosen_logps - policy_rejected_logps) - (reference_chosen_logps - reference_rejected_logps)
            weight = 0.9 * (logits < margin).float() / (1 + logits.var())
            return weight * torch.log(1 + torch.exp(-self.beta * logits))
        """).GetLoss();

    /// <summary>Names that mean something else in Python, C# and LaTeX, letters that are not ASCII, and columns of its own.</summary>
    public static PairLoss Awkward { get; } = PairLoss.Define("lambda-and_2%", [Beta, Lambda], pair =>
        (Named("return", Named("x_1", pair.PolicyChosen) * Named("x_1", pair.PolicyRejected)) * Named("pair", pair.Margin) * Named("ρ̂ 2", Lambda / Beta))
        + Input("class", Shape.Row, differentiable: true) + Input("torch", Shape.Scalar, differentiable: false));

    /// <summary>Each line uses the one before twice: 2^200 operations, if nothing were shared.</summary>
    public static PairLoss Doubling { get; } = PairLoss.Define("doubling", [Beta], pair =>
    {
        var x = Beta * pair.LogRatioDifference;
        for (var i = 0; i < 200; i++)
        {
            x = Sin(x) * Cos(x);
        }

        return x;
    });

    public static TheoryData<string> Names => [.. ByName.Keys];

    public static IReadOnlyDictionary<string, PreferenceLoss> ByName { get; } =
        LossCatalog.BuiltIn.Entries.Select(entry => entry.Loss)
            .Concat(OperationLosses.All)
            .Concat([FromText, Awkward, Doubling, Nested(100)])
            .ToDictionary(loss => loss.Name);

    /// <summary>A formula of any depth.</summary>
    public static PairLoss Nested(int depth) => PairLoss.Define("nested", [Beta], pair =>
    {
        var x = Beta * pair.LogRatioDifference;
        for (var i = 0; i < depth; i++)
        {
            x = Tanh(x + pair.PolicyChosen);
        }

        return x;
    });
}
