namespace PreferenceLosses.Analysis;

/// <summary>How sure an answer is.</summary>
public enum Verdict
{
    /// <summary>It follows from the formula, for all inputs.</summary>
    Proven,

    /// <summary>It is false, and the witness shows it.</summary>
    Refuted,

    /// <summary>Neither a proof nor a counterexample was found.</summary>
    Unknown,

    /// <summary>A number, computed: right to the digits shown, as far as a dense grid sees.</summary>
    Numerical,

    /// <summary>The question makes no sense for this loss; the explanation says why.</summary>
    NotApplicable,
}

/// <summary>An answer of a property card.</summary>
/// <param name="Verdict">How sure it is.</param>
/// <param name="Explanation">The answer, and what it rests on, in one sentence.</param>
/// <param name="Witness">What shows that it is false; present exactly where the verdict is <see cref="Verdict.Refuted"/>.</param>
public record Finding(Verdict Verdict, string Explanation, Witness? Witness = null)
{
    /// <summary>"proven: convex …".</summary>
    public sealed override string ToString() => $"{Verdict switch
    {
        Verdict.Proven => "proven",
        Verdict.Refuted => "refuted",
        Verdict.Unknown => "unknown",
        Verdict.Numerical => "numerical",
        _ => "not applicable",
    }}: {Explanation}";

    internal static Finding Proven(string explanation) => new(Verdict.Proven, explanation);

    internal static Finding Refuted(string explanation, Witness witness) => new(Verdict.Refuted, explanation, witness);

    internal static Finding Unknown(string explanation) => new(Verdict.Unknown, explanation);

    internal static Finding NotApplicable(string explanation) => new(Verdict.NotApplicable, explanation);
}
