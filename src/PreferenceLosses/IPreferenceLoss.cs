using PreferenceLosses.Expressions;

namespace PreferenceLosses;

/// <summary>A preference-optimization loss: a name, hyper-parameters, and a formula. Immutable, and safe to share between threads.</summary>
/// <remarks>
/// Values, gradients, rewards and everything else are derived from the graph, by the extension methods of
/// <see cref="PreferenceLossExtensions"/>; an implementation gives no more than this. Most implementations derive from
/// <see cref="Losses.PairLoss"/>.
/// </remarks>
public interface IPreferenceLoss
{
    /// <summary>The catalogue name, in kebab-case: <c>dpo</c>.</summary>
    string Name { get; }

    /// <summary>The hyper-parameters with their values.</summary>
    ParameterValues Parameters { get; }

    /// <summary>The formulas. The same object at every call, so that compiled programs are found.</summary>
    LossGraph Graph { get; }
}
