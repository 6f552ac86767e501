using System.Collections.Immutable;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Losses;

/// <summary>
/// The base of loss records: hyper-parameters with validated values, and the graph, built once for each instance. Two
/// losses are equal if their type, name and values are.
/// </summary>
public abstract record PreferenceLoss : IPreferenceLoss
{
    private readonly GraphHolder graph = new();

    /// <summary>A loss with its hyper-parameters at their defaults.</summary>
    /// <param name="name">The catalogue name, in kebab-case.</param>
    /// <param name="parameters">The hyper-parameters.</param>
    protected PreferenceLoss(string name, params ReadOnlySpan<Parameter> parameters)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        Name = name;
        Parameters = ParameterValues.DefaultsOf(parameters);
    }

    /// <summary>A loss made of others, whose hyper-parameters have values already.</summary>
    private protected PreferenceLoss(string name, ParameterValues parameters)
    {
        Name = name;
        Parameters = parameters;
    }

    /// <summary>A copy builds its own graph: a <c>with</c> expression may have changed what the formula looks like.</summary>
    /// <param name="original">The loss to copy.</param>
    protected PreferenceLoss(PreferenceLoss original)
    {
        ArgumentNullException.ThrowIfNull(original);
        graph = new GraphHolder();
        Name = original.Name;
        Parameters = original.Parameters;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public ParameterValues Parameters { get; private init; }

    /// <inheritdoc/>
    public LossGraph Graph => graph.Value ??= BuildGraph();

    /// <summary>The value of a hyper-parameter, for the property that carries it.</summary>
    /// <param name="parameter">The hyper-parameter.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value is not accepted.</exception>
    protected double this[Parameter parameter]
    {
        get => Parameters[parameter];
        init => Parameters = Parameters.With(parameter.Name!, value);
    }

    /// <summary>The same loss with one hyper-parameter changed; for configurations, where it is known by name.</summary>
    /// <param name="parameter">The name, in snake_case.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentException">The loss has no such hyper-parameter.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The value is not accepted.</exception>
    public PreferenceLoss With(string parameter, double value) => this with { Parameters = Parameters.With(parameter, value) };

    /// <summary>"discopop (beta = 0.05, tau = 0.05)".</summary>
    public sealed override string ToString() => Parameters.Count == 0 ? Name : $"{Name} ({Parameters})";

    /// <summary>Writes the formula down.</summary>
    protected abstract LossGraph BuildGraph();

    /// <summary>The formula contains the declared hyper-parameters and no others.</summary>
    private protected void CheckParameters(ImmutableArray<Expr> losses)
    {
        var used = NodeOrder.Of(losses).OfType<Parameter>().Select(p => p.Name!).ToHashSet();
        foreach (var (parameter, _) in Parameters)
        {
            if (!used.Remove(parameter.Name!))
            {
                throw new InvalidOperationException(
                    $"The formula of '{Name}' does not contain its parameter '{parameter.Name}': write the Parameter into it, not the property's number.");
            }
        }

        if (used.Count > 0)
        {
            throw new InvalidOperationException(
                $"The formula of '{Name}' contains the parameter '{used.First()}', which the loss does not declare: hand it to the base constructor.");
        }
    }

    /// <summary>Holds the graph without taking part in the equality of records.</summary>
    private sealed class GraphHolder : IEquatable<GraphHolder>
    {
        public LossGraph? Value { get; set; }

        public bool Equals(GraphHolder? other) => other is not null;

        public override bool Equals(object? obj) => Equals(obj as GraphHolder);

        public override int GetHashCode() => 0;
    }
}
