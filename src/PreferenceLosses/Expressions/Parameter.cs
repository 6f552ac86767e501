using System.Globalization;

namespace PreferenceLosses.Expressions;

/// <summary>
/// A hyper-parameter of a loss. It is the descriptor (name, default, accepted values) and at the same time the node
/// that stands for the value in a formula, so that one formula serves every value.
/// </summary>
public sealed class Parameter : Expr
{
    /// <summary>Describes a hyper-parameter.</summary>
    /// <param name="name">The paper's name in snake_case: <c>beta</c>, <c>label_smoothing</c>.</param>
    /// <param name="symbol">The paper's letter: β.</param>
    /// <param name="defaultValue">The value where the user gives none; has to be accepted by the bounds.</param>
    /// <param name="bounds">The accepted values.</param>
    /// <param name="recommendation">What the paper recommends; part of the error message for a value outside.</param>
    /// <exception cref="ArgumentOutOfRangeException">The default is outside the bounds.</exception>
    public Parameter(string name, string symbol, double defaultValue, Bounds bounds, string recommendation = "")
        : base(Operation.Parameter, Shape.Scalar, [], name: name)
    {
        Formulas.CheckName(name);
        ArgumentException.ThrowIfNullOrWhiteSpace(symbol);
        ArgumentNullException.ThrowIfNull(bounds);
        ArgumentNullException.ThrowIfNull(recommendation);
        Symbol = symbol;
        Bounds = bounds;
        Recommendation = recommendation;
        Default = Validate(defaultValue);
    }

    /// <summary>The paper's letter.</summary>
    public string Symbol { get; }

    /// <summary>The value where the user gives none.</summary>
    public double Default { get; }

    /// <summary>The accepted values.</summary>
    public Bounds Bounds { get; }

    /// <summary>What the paper recommends.</summary>
    public string Recommendation { get; }

    /// <summary>Gives the value back if it is accepted.</summary>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not; the message says what is, and what the paper recommends.</exception>
    public double Validate(double value) => Bounds.Contains(value)
        ? value
        : throw new ArgumentOutOfRangeException(
            Name,
            value.ToString(CultureInfo.InvariantCulture),
            $"{Name} ({Symbol}) has to be {Bounds}. {Recommendation}".TrimEnd());
}
