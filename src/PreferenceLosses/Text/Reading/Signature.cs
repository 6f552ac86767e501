using System.Collections.Immutable;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Text.Reading;

/// <summary>What the parameters of the function stand for: columns of the batch.</summary>
internal static class Signature
{
    public const string Paper = "self, policy_chosen_logps, policy_rejected_logps, reference_chosen_logps, reference_rejected_logps";

    private static readonly string[] PaperColumns =
        [Columns.PolicyChosen, Columns.PolicyRejected, Columns.ReferenceChosen, Columns.ReferenceRejected];

    private static readonly HashSet<string> OtherColumns =
        [Columns.ChosenLength, Columns.RejectedLength, Columns.ChosenScore, Columns.RejectedScore, Columns.Margin];

    private static readonly string[] Endings = ["_logps", "_logp", "_log_probs", "_logprobs", "_log_prob", "_logprob"];

    /// <summary>The columns that the parameters without defaults stand for, by the parameters' names.</summary>
    /// <exception cref="CodeError">They are not those of a loss.</exception>
    public static Dictionary<string, TensorValue> Bind(FunctionSyntax function, ImmutableArray<ParameterSyntax> required, List<LossCodeNote> notes)
    {
        var bound = new Dictionary<string, TensorValue>();
        if (required is [{ Name: "logits" or "rho" or "logratios" } difference])
        {
            // In the text of others, the log-ratios of policy and reference are subtracted: the same order here.
            bound[difference.Name] = new TensorValue(
                [Formulas.Named("ρ", LogRatio(Columns.PolicyChosen, Columns.PolicyRejected) - LogRatio(Columns.ReferenceChosen, Columns.ReferenceRejected))],
                Element.Real,
                IsInput: true);
            return bound;
        }

        if (required is [{ Name: "logits" } logits, { Name: "targets" or "target" or "labels" or "label" } targets])
        {
            bound[logits.Name] = new TensorValue([Formulas.Input(Columns.Logits, Shape.Responses, differentiable: true)], Element.Real, IsInput: true);
            bound[targets.Name] = new TensorValue([Formulas.Input(Columns.Target, Shape.Row, differentiable: false)], Element.Integer, IsInput: true);
            return bound;
        }

        var names = required.Select(p => Column(p.Name)).ToArray();
        if (required.Length == PaperColumns.Length && Array.TrueForAll(names, n => n is null) && FollowThePaper(required))
        {
            notes.Add(new LossCodeNote(
                LossCodeNoteKind.Remark, function.At.Line, "The four parameters were taken in the paper's order: policy chosen, policy rejected, reference chosen, reference rejected."));
            names = PaperColumns;
        }

        for (var i = 0; i < required.Length; i++)
        {
            var column = names[i] ?? throw new CodeError(
                LossDiagnosticKind.Signature, required[i].At, $"The parameter '{required[i].Name}' is no column of a batch and has no default.", $"Write '({Paper})'; hyper-parameters need a default.");
            bound[required[i].Name] = Input(column) with { IsInput = true };
        }

        return bound.Count == 0 ? throw new CodeError(LossDiagnosticKind.Signature, function.At, "The function has no log-probabilities to work on.", $"Write '({Paper})'.")
            : names.Distinct().Count() == names.Length ? bound
            : throw new CodeError(LossDiagnosticKind.Signature, function.At, "Two parameters stand for one column.", $"Write '({Paper})'.");
    }

    /// <summary>The column that a name is usual for: <c>ref_chosen_logps</c>, <c>policy_rejected</c>.</summary>
    private static string? Column(string name)
    {
        var stem = Array.Find(Endings, e => name.EndsWith(e, StringComparison.Ordinal)) is { } ending ? name[..^ending.Length] : name;
        stem = stem.StartsWith("ref_", StringComparison.Ordinal) ? $"reference_{stem[4..]}"
            : stem.StartsWith("pi_", StringComparison.Ordinal) ? $"policy_{stem[3..]}"
            : stem;
        return PaperColumns.Contains(stem) ? stem : OtherColumns.Contains(name) ? name : null;
    }

    /// <summary>Whether four names that say nothing for certain at least do not say that their order is another.</summary>
    private static bool FollowThePaper(ImmutableArray<ParameterSyntax> parameters)
    {
        bool Says(int i, string word) => parameters[i].Name.Contains(word, StringComparison.OrdinalIgnoreCase);
        return Enumerable.Range(0, parameters.Length).All(i =>
            !Says(i, i % 2 == 0 ? "reject" : "chosen") && !Says(i, i % 2 == 0 ? "lose" : "win") && !Says(i, i < 2 ? "ref" : "policy"));
    }

    private static Expr LogRatio(string chosen, string rejected) => Input(chosen).Parts[0] - Input(rejected).Parts[0];

    private static TensorValue Input(string column) =>
        new(Formulas.Input(column, Shape.Row, differentiable: PaperColumns.Contains(column)), Element.Real);
}
