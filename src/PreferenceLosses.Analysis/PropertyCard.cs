using System.Collections.Immutable;
using PreferenceLosses.Analysis.Questions;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Analysis;

/// <summary>A column or scalar that a loss needs.</summary>
/// <param name="Name">The name of the column.</param>
/// <param name="Shape">How many values it has.</param>
/// <param name="IsDifferentiable">Whether there is a gradient for it.</param>
public sealed record RequiredInput(string Name, Shape Shape, bool IsDifferentiable);

/// <summary>What a loss is like, computed from its formula: each answer proven, refuted with a witness, a number, or unknown.</summary>
/// <remarks>
/// <para>
/// A proof is one of the formula in exact arithmetic, at the values that the hyper-parameters have, for all batches in which
/// log-probabilities are below 0, lengths at least 1, deviations above 0 and labels between 0 and 1. Evaluation rounds: a loss that never rises may rise in its last digit.
/// </para>
/// <para>docs/property-card.md says how each answer is found, and what is out of reach.</para>
/// </remarks>
public sealed record PropertyCard
{
    private readonly Subject subject;

    private PropertyCard(Subject subject)
    {
        Loss = subject.Loss.Name;
        Parameters = subject.Loss.Parameters;
        Inputs = [.. subject.Graph.Inputs.Select(i => new RequiredInput(i.Name!, i.Shape, i.IsDifferentiable))];
        this.subject = subject;
    }

    /// <summary>The name of the loss.</summary>
    public string Loss { get; }

    /// <summary>The hyper-parameters that the card holds for.</summary>
    public ParameterValues Parameters { get; }

    /// <summary>What a batch has to have.</summary>
    public ImmutableArray<RequiredInput> Inputs { get; }

    /// <summary>Whether the loss of a row depends on that row alone; refuted for a loss with statistics over the batch.</summary>
    public Finding RowByRow => field ??= BatchCoupling.Of(subject);

    /// <summary>Whether the mean of a batch is the same in whatever order its rows come.</summary>
    public Finding OrderIndependent => field ??= OrderDependence.Of(subject);

    /// <summary>Whether the loss is the same whatever the reference says.</summary>
    public Finding ReferenceFree => field ??= ReferenceUse.Of(subject);

    /// <summary>Whether of the log-probabilities the loss sees nothing but ρ.</summary>
    public ShiftFinding OfDifferenceAlone => field ??= DifferenceAlone.Of(subject);

    /// <summary>Whether β only scales the log-probabilities.</summary>
    public BetaFinding Beta => field ??= BetaScaling.Of(subject);

    /// <summary>Whether the loss never rises as ρ does; or else as log π(chosen) does, or never falls as log π(rejected) rises.</summary>
    public Finding Monotone => field ??= MonotoneInReward.Of(subject);

    /// <summary>Whether the loss of each row is convex in all that training changes, jointly.</summary>
    public Finding Convex => field ??= Convexity.Of(subject);

    /// <summary>Whether the loss nowhere jumps.</summary>
    public ContinuityFinding Continuous => field ??= Smoothness.Continuity(subject, Landscape);

    /// <summary>Between which numbers the loss lies.</summary>
    public BoundsFinding Bounds => field ??= Questions.Bounds.Of(subject);

    /// <summary>Minima, maxima, kinks and jumps.</summary>
    public LandscapeFinding Landscape => field ??= Questions.Landscape.Of(subject);

    /// <summary>What the loss does far out.</summary>
    public TailFinding Tails => field ??= Questions.Tails.Of(subject);

    /// <summary>From where on the loss or its gradient is not finite.</summary>
    public OverflowFinding Overflow => field ??= Questions.Overflow.Of(subject);

    /// <summary>The first step where the policy is the reference, and its size beside DPO's.</summary>
    public StartFinding Start => field ??= Questions.Start.Of(subject);

    /// <summary>The answers with the names of their questions, in the order of the documentation.</summary>
    public ImmutableArray<(string Question, Finding Answer)> Findings =>
    [
        ("row by row", RowByRow),
        ("order-independent", OrderIndependent),
        ("reference-free", ReferenceFree),
        ("function of ρ", OfDifferenceAlone),
        ("scaled by β", Beta),
        ("monotone", Monotone),
        ("convex", Convex),
        ("continuous", Continuous),
        ("bounds", Bounds),
        ("landscape", Landscape),
        ("tails", Tails),
        ("overflow", Overflow),
        ("start", Start),
    ];

    /// <summary>
    /// The card of a loss, at the values that its hyper-parameters have. An answer is looked for when it is first asked for: together they take some milliseconds once
    /// warm, monotony, convexity and the landscape most of them.
    /// </summary>
    /// <param name="loss">The loss.</param>
    public static PropertyCard Of(IPreferenceLoss loss)
    {
        ArgumentNullException.ThrowIfNull(loss);
        return new PropertyCard(new Subject(loss));
    }

    /// <summary>One line for each question.</summary>
    public override string ToString() => string.Join('\n', Findings.Select(f => $"{f.Question}: {f.Answer}"));
}
