using System.Collections.Immutable;

namespace PreferenceLosses.Analysis;

/// <summary>What is special about a point of a loss.</summary>
public enum PointKind
{
    /// <summary>A local minimum.</summary>
    Minimum,

    /// <summary>A local maximum.</summary>
    Maximum,

    /// <summary>The derivative jumps, the loss does not.</summary>
    Kink,

    /// <summary>The loss itself jumps.</summary>
    Jump,
}

/// <summary>A special point of a loss.</summary>
/// <param name="Path">What the loss is looked at as a function of: "ρ" where it is one, else what moves, the policy starting at the reference.</param>
/// <param name="Kind">What is special.</param>
/// <param name="At">Where, in nats.</param>
/// <param name="Loss">The loss there; at a jump, before it.</param>
public sealed record SpecialPoint(string Path, PointKind Kind, double At, double Loss);

/// <summary>The stationary points, kinks and jumps of a loss.</summary>
/// <param name="Verdict">Numerical, or not applicable.</param>
/// <param name="Explanation">The points in words.</param>
/// <param name="Points">The points, ascending on each path.</param>
public sealed record LandscapeFinding(Verdict Verdict, string Explanation, ImmutableArray<SpecialPoint> Points) : Finding(Verdict, Explanation);

/// <summary>What a loss does far away.</summary>
public enum TailKind
{
    /// <summary>It goes to a limit, and its gradient to 0: pairs that far out teach nothing.</summary>
    Saturates,

    /// <summary>It grows in proportion.</summary>
    Linear,

    /// <summary>It grows like a power.</summary>
    Polynomial,

    /// <summary>It grows like an exponential.</summary>
    Exponential,

    /// <summary>None of these.</summary>
    Other,
}

/// <summary>One end of a loss.</summary>
/// <param name="Path">What goes to infinity.</param>
/// <param name="TowardsPlus">To which infinity.</param>
/// <param name="Kind">What the loss does.</param>
/// <param name="Number">The limit, the slope per nat, the power, or the rate per nat of the exponent; NaN for <see cref="TailKind.Other"/>.</param>
public sealed record Tail(string Path, bool TowardsPlus, TailKind Kind, double Number);

/// <summary>What a loss does far out on both sides.</summary>
/// <param name="Verdict">Numerical, or not applicable.</param>
/// <param name="Explanation">The tails in words.</param>
/// <param name="Tails">The tails, left and right of each path.</param>
public sealed record TailFinding(Verdict Verdict, string Explanation, ImmutableArray<Tail> Tails) : Finding(Verdict, Explanation);

/// <summary>From where on a loss or its gradient is not finite.</summary>
/// <param name="Path">What grows.</param>
/// <param name="Precision">"single" or "double".</param>
/// <param name="At">The point nearest to 0 that overflows, in nats, to three digits or more.</param>
/// <param name="IsGradientOnly">Whether the loss itself is still finite there.</param>
public sealed record OverflowPoint(string Path, string Precision, double At, bool IsGradientOnly);

/// <summary>Where a loss overflows, in both precisions.</summary>
/// <param name="Verdict">Numerical, or not applicable.</param>
/// <param name="Explanation">The points in words.</param>
/// <param name="Points">The points; empty if there are none as far as was looked.</param>
public sealed record OverflowFinding(Verdict Verdict, string Explanation, ImmutableArray<OverflowPoint> Points) : Finding(Verdict, Explanation);

/// <summary>What the first step of gradient descent does where the policy is the reference.</summary>
public enum StartDirection
{
    /// <summary>It makes the chosen completion likelier, or the rejected one less likely, and neither the opposite.</summary>
    Learns,

    /// <summary>It makes the chosen completion less likely.</summary>
    PushesChosenDown,

    /// <summary>It makes the rejected completion likelier.</summary>
    PushesRejectedUp,

    /// <summary>Nothing: the gradient is 0.</summary>
    NoGradient,

    /// <summary>One or the other, depending on the pair.</summary>
    Depends,
}

/// <summary>What happens where training starts.</summary>
/// <param name="Verdict">Numerical, or not applicable.</param>
/// <param name="Explanation">The answer in words.</param>
/// <param name="Direction">What the first step does; null where the question makes no sense, or the gradient is not finite.</param>
/// <param name="Slope">The derivative of the mean by log π(chosen) (or by log π of a desirable example), all rows alike; null where it depends on the pair.</param>
/// <param name="ShareOfDpo">That slope divided by DPO's at the same β, −β/2: the factor by which the learning rate is effectively larger; null for losses that are not of pairs.</param>
public sealed record StartFinding(Verdict Verdict, string Explanation, StartDirection? Direction, double? Slope, double? ShareOfDpo) : Finding(Verdict, Explanation);

/// <summary>Between which numbers a loss is proven to lie.</summary>
/// <param name="Verdict">Proven where there is a bound, else unknown.</param>
/// <param name="Explanation">The bounds in words.</param>
/// <param name="Lower">No loss is below this; −∞ if nothing is proven.</param>
/// <param name="Upper">No loss is above this; +∞ if nothing is proven.</param>
public sealed record BoundsFinding(Verdict Verdict, string Explanation, double Lower, double Upper) : Finding(Verdict, Explanation);

/// <summary>Whether a loss nowhere jumps.</summary>
/// <param name="Verdict">Proven if it is continuous.</param>
/// <param name="Explanation">The answer in words.</param>
/// <param name="Witness">The loss just before and just behind a jump.</param>
/// <param name="IsSmooth">Whether it is proven to have all derivatives too: no kink anywhere.</param>
public sealed record ContinuityFinding(Verdict Verdict, string Explanation, Witness? Witness, bool IsSmooth) : Finding(Verdict, Explanation, Witness);
